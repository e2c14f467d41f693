import { execFileSync, spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { DebianRoot } from '../../support/packaging/debian-root.ts'
import { INSTALLED_FILES } from '../../support/packaging/installed-files.ts'
import { make } from '../../support/packaging/make.ts'

const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string }
let deb = ''

beforeAll(() => {
  make('deb')
  const name = readdirSync('build/release').find(file => file.startsWith(`tidemark_${version}-1_`))
  deb = join('build/release', name ?? 'absent')
}, 1_800_000)

describe('make deb', () => {
  it('puts every file in its place, and no other', () => {
    const listed = execFileSync('dpkg-deb', ['--contents', deb], { encoding: 'utf8' }).trimEnd().split('\n')
    const files = listed.map(line => line.split(/\s+/)[5] ?? '').filter(path => !path.endsWith('/'))
    const own = files.map(path => path.replace(/^\./, '').replace(/\.gz$/, ''))
    const documents = own.filter(path => path.startsWith('/usr/share/doc/') || path.startsWith('/usr/share/lintian/'))
    expect(own.filter(path => !documents.includes(path)).sort()).toEqual(
      [
        ...INSTALLED_FILES,
        ...['flowd', 'collector'].map(role => `/lib/systemd/system/tidemark-${role}.service`),
        '/usr/share/zsh/vendor-completions/_tidemark',
      ].sort(),
    )
    expect(documents).toEqual(expect.arrayContaining(['/usr/share/doc/tidemark/copyright']))
  })

  it("asks for the system's libbpf, and for no Node", () => {
    const depends = execFileSync('dpkg-deb', ['--field', deb, 'Depends'], { encoding: 'utf8' })
    expect(depends).toMatch(/\blibbpf1\b/)
    expect(depends).toMatch(/\blibc6\b/)
    expect(depends).not.toMatch(/node/)
  })

  it('has no error for lintian', () => {
    const { status, stdout } = spawnSync('lintian', ['--allow-root', '--fail-on', 'error', deb], { encoding: 'utf8' })
    expect(stdout).not.toMatch(/^E:/m)
    expect(status).toBe(0)
  })
})

describe('the Debian package in a Debian root', () => {
  let root: DebianRoot
  let before: string[] = []
  beforeAll(() => {
    root = new DebianRoot()
    root.installPackages('libbpf1', 'libelf1')
    before = root.filesNamed('tidemark')
    root.copy(deb, '/opt/tidemark.deb')
  }, 1_800_000)
  afterAll(() => root.remove())

  it('installs its user, units, configurations and private files', () => {
    root.run('dpkg', '-i', '/opt/tidemark.deb')
    expect(root.run('getent', 'passwd', 'tidemark')).toMatch(/^tidemark:.*:\/var\/lib\/tidemark:/)
    const modes = root.run('stat', '-c', '%a %U %G %n', '/etc/tidemark', '/etc/tidemark/flowd.yaml')
    expect(modes).toBe('750 root tidemark /etc/tidemark\n640 root tidemark /etc/tidemark/flowd.yaml\n')
    for (const role of ['flowd', 'collector']) {
      root.run('find', `/lib/systemd/system/tidemark-${role}.service`, `/etc/tidemark/${role}.yaml`)
    }
  })

  it("runs with the system's libbpf and unpacks nothing", () => {
    expect(root.run('/usr/bin/tidemark', 'version')).toMatch(/^libbpf: v1\.\d+/m)
    expect(root.run('/usr/bin/tidemark', 'flowd', 'check', '--conf', '/etc/tidemark/flowd.yaml')).toContain('backends')
    expect(root.run('find', '/root', '/run', '/var/tmp', '-name', '*.node')).toBe('')
  })

  it('keeps the configuration when removed, and leaves nothing when purged', () => {
    root.write('/var/lib/tidemark/flows', 'what a run left\n')
    root.run('dpkg', '--remove', 'tidemark')
    expect(root.filesNamed('tidemark')).toEqual(expect.arrayContaining(['/etc/tidemark']))
    root.run('dpkg', '--purge', 'tidemark')
    expect(root.filesNamed('tidemark')).toEqual(before)
  })
})
