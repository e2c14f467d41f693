import { execFileSync, spawnSync } from 'node:child_process'
import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { DebianRoot } from '../../support/packaging/debian-root.ts'
import { INSTALLED_FILES } from '../../support/packaging/installed-files.ts'
import { make } from '../../support/packaging/make.ts'

const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string }
const source = join('build/release', `tidemark-${version}-1.src.rpm`)
let built = ''

const query = (rpm: string, ...options: string[]) =>
  execFileSync('rpm', ['-qp', ...options, rpm], { encoding: 'utf8' })
    .trimEnd()
    .split('\n')

beforeAll(() => {
  make('srpm')
  for (const name of readdirSync('build/release')) {
    if (name.endsWith('.rpm') && !name.endsWith('.src.rpm')) rmSync(join('build/release', name))
  }
  // From the source RPM alone, in a network namespace that has no network.
  execFileSync('unshare', ['--net', 'packaging/rpm/build.sh', 'rpm'], { stdio: 'ignore' })
  const name = readdirSync('build/release').find(file => file.endsWith('.rpm') && !file.endsWith('.src.rpm'))
  built = join('build/release', name ?? 'absent')
}, 1_800_000)

describe('make srpm', () => {
  it('carries the sources, what npm would fetch, and a spec that needs no definition of the builder', () => {
    expect(query(source, '--list').sort()).toEqual([
      `tidemark-${version}.tar.gz`,
      `tidemark-vendor-${version}.tar.gz`,
      'tidemark.spec',
    ])
    expect(query(source, '--qf', '%{NAME}-%{VERSION}\n')).toEqual([`tidemark-${version}`])
    const needed = query(source, '--requires').filter(name => !name.startsWith('rpmlib('))
    expect(needed.sort()).toEqual(['binutils', 'libbpf', 'make'])
  })
})

describe('the RPM, built without a network', () => {
  it('puts every file in its place, and no other', () => {
    const files = query(built, '--qf', '[%{FILEMODES:perms} %{FILENAMES}\n]')
      .filter(line => !line.startsWith('d'))
      .map(line => (line.split(' ')[1] ?? '').replace(/\.gz$/, ''))
    const documents = files.filter(path => /^\/usr\/share\/(doc|licenses)\//.test(path))
    expect(files.filter(path => !documents.includes(path)).sort()).toEqual(
      [
        ...INSTALLED_FILES,
        ...['flowd', 'collector'].map(role => `/usr/lib/systemd/system/tidemark-${role}.service`),
        '/usr/share/zsh/site-functions/_tidemark',
      ].sort(),
    )
    expect(documents.map(path => path.split('/').at(-1)).sort()).toEqual(['CHANGELOG.md', 'LICENSE', 'README.md'])
  })

  it('requires libbpf, what creates its user, and libraries that every system of RPM has', () => {
    const names = query(built, '--requires').filter(name => !/^(rpmlib|config)\(/.test(name))
    const packages = names.filter(name => !name.includes('('))
    expect([...new Set(packages)].sort()).toEqual(['/bin/sh', 'libbpf', 'shadow-utils'])
    const libraries = new Set(names.filter(name => name.includes('.so.')).map(name => name.replace(/\(.*/, '')))
    // glibc's and GCC's; zlib, OpenSSL and the rest of Node's libraries are inside of it.
    expect([...libraries].sort()).toEqual([
      'ld-linux-x86-64.so.2',
      'libc.so.6',
      'libdl.so.2',
      'libgcc_s.so.1',
      'libm.so.6',
      'libpthread.so.0',
      'libstdc++.so.6',
    ])
    // RHEL 8 and its kin have glibc 2.28.
    const glibc = names.map(name => /\(GLIBC_2\.(\d+)/.exec(name)?.[1]).filter(minor => minor !== undefined)
    expect(Math.max(...glibc.map(Number))).toBeLessThanOrEqual(28)
  })

  it('has no error for rpmlint but those that we mean', () => {
    const command = ['--rpmlintrc', 'packaging/rpm/tidemark.rpmlintrc', source, built]
    const { stdout, status } = spawnSync('rpmlint', command, { encoding: 'utf8' })
    expect(stdout).not.toMatch(/: E: /)
    expect(stdout).toContain(' 0 errors')
    expect(status).toBe(0)
  })
})

describe('the RPM in a clean root', () => {
  let root: DebianRoot
  const rpm = (...words: string[]) => root.runOutside('rpm', '--root', root.path, ...words)
  beforeAll(() => {
    root = new DebianRoot()
    root.installPackages('libbpf1', 'libelf1')
    root.copy(built, '/opt/tidemark.rpm')
  }, 1_800_000)
  afterAll(() => root.remove())

  it('finds what it requires there: every library, a shell, and the tools that make its user', () => {
    for (const name of query(built, '--requires')) {
      const library = /^([^(]+\.so\.[^(]+)\(/.exec(name)?.[1]
      if (library !== undefined) expect(root.run('ldconfig', '-p')).toContain(`${library} `)
      if (name.startsWith('/')) root.run('test', '-x', name)
    }
    expect(root.run('ldconfig', '-p')).toContain('libbpf.so.1 ')
    root.run('sh', '-c', 'command -v groupadd useradd getent')
  })

  it('installs with its user, modes and scriptlets', () => {
    // Debian's packages have other names: what the RPM requires was found by hand.
    rpm('--install', '--nodeps', built)
    expect(root.run('getent', 'passwd', 'tidemark')).toMatch(/^tidemark:.*:\/var\/lib\/tidemark:\/sbin\/nologin$/m)
    const modes = root.run('stat', '-c', '%a %U %G %n', '/etc/tidemark', '/etc/tidemark/flowd.yaml')
    expect(modes).toBe('750 root tidemark /etc/tidemark\n640 root tidemark /etc/tidemark/flowd.yaml\n')
    // Says what differs from the package; nothing does.
    expect(rpm('--verify', '--nodeps', 'tidemark')).toBe('')
    expect(root.run('/usr/bin/tidemark', 'version')).toMatch(/^libbpf: v1\.\d+/m)
    expect(root.run('/usr/bin/tidemark', 'flowd', 'check', '--conf', '/etc/tidemark/flowd.yaml')).toContain('backends')
  })

  it('leaves nothing but the database when it is erased', () => {
    rpm('--erase', 'tidemark')
    expect(root.filesNamed('tidemark')).toEqual([])
  })
})
