import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { DebianRoot } from '../../support/packaging/debian-root.ts'
import { make } from '../../support/packaging/make.ts'

const sha256 = (path: string) => createHash('sha256').update(readFileSync(path)).digest('hex')

beforeAll(() => {
  make('dist')
}, 1_800_000)

describe('make dist', () => {
  it('writes sums that are those of its files', () => {
    const lines = readFileSync('build/dist/SHA256SUMS', 'utf8').trimEnd().split('\n')
    expect(lines.map(line => line.split('  ')[1])).toEqual(['tidemark', 'tidemark.cjs', 'tidemark.cdx.json'])
    for (const line of lines) {
      const [sum, name] = line.split('  ')
      expect(sha256(`build/dist/${name}`)).toBe(sum)
    }
  })

  it('gives one commit the same bundle, SBOM and BPF objects wherever it is built', () => {
    const folder = mkdtempSync(join(tmpdir(), 'dist-twice-'))
    const build = (name: string) => {
      const clone = join(folder, name)
      execFileSync('git', ['clone', '--quiet', '--shared', '.', clone], { stdio: 'ignore' })
      symlinkSync(resolve('node_modules'), join(clone, 'node_modules'))
      execFileSync(process.execPath, ['tools/dist.ts'], { cwd: clone, stdio: 'ignore' })
      execFileSync('make', ['-C', 'bpf', 'verify'], { cwd: clone, stdio: 'ignore' })
      const objects = readdirSync(join(clone, 'bpf')).filter(file => file.endsWith('.bpf.o'))
      return Object.fromEntries(
        ['build/dist/tidemark.cjs', 'build/dist/tidemark.cdx.json', ...objects.map(file => `bpf/${file}`)].map(file => [
          file,
          sha256(join(clone, file)),
        ]),
      )
    }
    try {
      const first = build('first')
      expect(Object.keys(first).length).toBeGreaterThan(2)
      expect(build('second-in-another-folder')).toEqual(first)
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

  it('lists every runtime package and native part in its SBOM', () => {
    const bom = JSON.parse(readFileSync('build/dist/tidemark.cdx.json', 'utf8')) as Bom
    expect(bom).toMatchObject({ bomFormat: 'CycloneDX', specVersion: '1.5' })
    expect(bom.components.map(({ name, version }) => `${name}@${version}`)).toEqual(
      expect.arrayContaining(runtimePackages()),
    )
    expect(bom.components.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['node', 'libbpf', 'libelf', 'zlib', 'koffi', `@koromix/koffi-linux-${process.arch}`]),
    )
    expect(bom.components.filter(({ version }) => !/^\d/.test(version))).toEqual([])
    expect(bom.components.filter(({ purl }) => !/^pkg:(npm|generic)\/\S+@\S+$/.test(purl))).toEqual([])
  })
})

describe('the executable alone, in a Debian without Node and libbpf whose /tmp is noexec', () => {
  let root: DebianRoot
  beforeAll(() => {
    root = new DebianRoot()
    root.copy('build/dist/tidemark', '/opt/tidemark')
    root.write('/opt/collector.yaml', 'amqp: {url: "amqp://127.0.0.1:5672"}\n')
    root.write(
      '/opt/flowd.yaml',
      'modules: [./transfers.mjs]\nplugins: {namedPipe: {pipePath: /run/np}}\nbackends: {marker: {targetInterfaces: [lo]}, endedFlows: {path: /run/ended}}\n',
    )
    root.copy('test/fixtures/modules/transfers.mjs', '/opt/transfers.mjs')
  }, 1_800_000)
  afterAll(() => root.remove())

  it('is in such a root', () => {
    expect(root.run('sh', '-c', 'command -v node; ldconfig -p | grep -c libbpf; true').trim()).toBe('0')
    const copyAndStart = 'cp /bin/true /tmp/true && ! /tmp/true 2>/dev/null && echo refused'
    expect(root.run('sh', '-c', copyAndStart)).toBe('refused\n')
  })

  it('says its versions, with those of the libbpf that it carries', () => {
    const printed = root.run('/opt/tidemark', 'version')
    expect(printed).toMatch(/^node: v24\.\d+\.\d+$/m)
    expect(printed).toMatch(/^kernel: linux \d/m)
    expect(printed).toMatch(/^libbpf: v1\.\d+/m)
    expect(printed).toMatch(/^built commit: [0-9a-f]{12}$/m)
  })

  it('examines the host, with the libbpf that it carries', () => {
    const findings = JSON.parse(root.run('/opt/tidemark', 'doctor', '--conf', '/opt/flowd.yaml', '-o', 'json')) as {
      check: string
      status: string
    }[]
    const status = Object.fromEntries(findings.map(finding => [finding.check, finding.status]))
    expect(status).toMatchObject({ configuration: 'ok', libbpf: 'ok', capabilities: 'ok', 'interface lo': 'ok' })
    expect(findings.filter(finding => finding.status === 'failed')).toEqual([])
  })

  it('runs the demo to its end', () => {
    expect(root.run('/opt/tidemark', 'demo')).toMatch(/^PASS in /m)
  })

  it('checks the configurations of both roles', () => {
    expect(root.run('/opt/tidemark', 'collector', 'check', '--conf', '/opt/collector.yaml')).toContain('(router)')
    expect(root.run('/opt/tidemark', 'flowd', 'check', '--conf', '/opt/flowd.yaml')).toContain(
      'backends.endedFlows.path',
    )
  })

  it.each(['flowd', 'collector'])('runs the role %s until it is ready, and stops it', async role => {
    const child = root.spawn('/opt/tidemark', role, 'run', '--conf', `/opt/${role}.yaml`)
    const said: string[] = []
    try {
      for await (const line of createInterface({ input: child.stdout! })) {
        said.push(line)
        if (line.startsWith(`${role} is ready: `)) break
      }
      expect(said.at(-1)).toMatch(new RegExp(`^${role} is ready: `))
    } finally {
      child.kill('SIGTERM')
    }
    expect(await once(child, 'exit')).toEqual([0, null])
  })
})

interface Bom {
  components: { name: string; version: string; purl: string }[]
}

/** What package-lock.json says is needed at run time, as name@version. */
function runtimePackages(): string[] {
  const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8')) as {
    packages: Record<string, { version: string; dev?: boolean; optional?: boolean }>
  }
  const found = Object.entries(packages)
    .filter(([path, { dev, optional }]) => path !== '' && dev !== true && optional !== true)
    .map(([path, { version }]) => `${path.slice(path.lastIndexOf('node_modules/') + 13)}@${version}`)
  expect(found.length).toBeGreaterThan(10)
  return found
}
