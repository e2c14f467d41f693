import { type SpawnOptions, spawn } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { copyFileSync, globSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import type { RoleFinding } from '../../../src/doctor/index.ts'
import { FlowdProcess, runTidemark, TIDEMARK } from '../../support/flowd/flowd-process.ts'
import { freePort } from '../../support/free-port.ts'
import { Laboratory, type TestNamespace } from '../../support/namespace.ts'

const laboratory = new Laboratory()
const folder = mkdtempSync(join(tmpdir(), 'tidemark-doctor-'))
afterAll(async () => {
  await laboratory.close()
  rmSync(folder, { recursive: true, force: true })
})

const saying = (text: string): unknown => expect.stringContaining(text)

interface Circumstances {
  /** Words before the program. */
  prefix?: readonly string[]
  environment?: NodeJS.ProcessEnv
  namespace?: TestNamespace
}

/** Runs the doctor on a configuration, and returns its findings by what was looked at. */
async function examine(configuration: object | string, { prefix = [], environment, namespace }: Circumstances = {}) {
  const file = join(folder, 'flowd.yaml')
  writeFileSync(file, typeof configuration === 'string' ? configuration : JSON.stringify(configuration))
  const behind = (program: string, words: readonly string[], options: SpawnOptions) => {
    const [first = program, ...rest] = [...prefix, program, ...words]
    const env = { ...process.env, ...environment }
    return (namespace?.spawn ?? spawn)(first, rest, { ...options, env })
  }
  const { code, stdout, stderr } = await runTidemark(['--conf', file, 'doctor', '-o', 'json'], { spawn: behind })
  expect(stderr).toBe('')
  const findings = JSON.parse(stdout) as RoleFinding[]
  for (const { status, remedy } of findings) expect(remedy === '').toBe(status === 'ok')
  expect(code).toBe(findings.some(({ status }) => status === 'failed') ? 1 : 0)
  return new Map(findings.map(finding => [finding.check, finding]))
}

const MARKER = { plugins: { api: {} }, backends: { marker: { targetInterfaces: ['lo'] } } }

/** unshare(1): runs the rest in a mount namespace of its own, after some mounts. */
function behind(...mounts: string[]): string[] {
  return ['unshare', '--mount', 'sh', '-c', `${mounts.join(' && ')} && exec "$0" "$@"`]
}

const hideBtf = behind('mount -t tmpfs none /sys/kernel/btf')
const hideLibbpf = behind(...globSync('/usr/lib/*/libbpf.so.1*').map(path => `mount --bind /dev/null ${path}`))
const hideCgroup = behind('umount -l -a -t cgroup2')
const withoutCapabilities = ['setpriv', '--inh-caps=-all', '--bounding-set=-all']

describe('what the host offers', () => {
  it('is enough here, and without a configuration nothing fails', async () => {
    const findings = await examine(MARKER)
    for (const check of ['configuration', 'kernel', 'BTF', 'libbpf', 'capabilities', 'interface lo', 'filters lo']) {
      expect(findings.get(check)).toMatchObject({ status: 'ok' })
    }
    const { code, stdout } = await runTidemark(['doctor'])
    expect(code).toBe(0)
    expect(stdout).toMatch(/^ROLE +CHECK +STATUS +FOUND +REMEDY\n/)
    expect(stdout).toMatch(/^host +clock +(ok|warning) /m)
  })

  it.each([
    ['BTF', 'BTF', hideBtf],
    ['libbpf', 'libbpf', hideLibbpf],
  ])('lacks %s: a failure where the marker needs it, else a hint', async (_name, check, prefix) => {
    const needed = await examine(MARKER, { prefix })
    expect(needed.get(check)).toMatchObject({
      status: 'failed',
      found: saying('backends.marker needs'),
    })
    const { status, found } = (await examine({}, { prefix })).get(check)!
    expect({ status, found }).toEqual({
      status: 'warning',
      found: saying('nothing that is configured'),
    })
  })

  it('lacks capabilities: only what is configured counts', async () => {
    const prefix = withoutCapabilities
    expect((await examine(MARKER, { prefix })).get('capabilities')).toMatchObject({
      status: 'failed',
      found: 'backends.marker lacks CAP_NET_ADMIN',
    })
    expect((await examine({}, { prefix })).get('capabilities')).toMatchObject({ status: 'ok' })
    const lowPort = { plugins: { firefly: { bindPort: 514 } } }
    expect((await examine(lowPort, { prefix })).get('capabilities')).toMatchObject({
      status: 'failed',
      found: 'plugins.firefly lacks CAP_NET_BIND_SERVICE for port 514',
    })
  })

  it('lacks the unified hierarchy', async () => {
    expect((await examine({})).get('cgroup v2')?.found).toMatch(/^\/sys\/fs\/cgroup/)
    expect((await examine({}, { prefix: hideCgroup })).get('cgroup v2')).toMatchObject({
      status: 'warning',
      found: saying('no cgroup v2'),
    })
  })

  it('has an old kernel', async () => {
    const { status, found } = (await examine({}, { prefix: ['setarch', '--uname-2.6'] })).get('kernel')!
    expect({ status, found }).toEqual({ status: 'warning', found: saying('linux 2.6.') })
  })

  it('has no public interface to discover, or one', async () => {
    const discovering = { backends: { marker: { discoverInterfaces: true } } }
    const namespace = laboratory.namespace()
    expect((await examine(discovering, { namespace })).get('interfaces')).toMatchObject({
      status: 'warning',
      found: saying('none has a public IPv6 address'),
    })
    namespace.exec('ip', 'address', 'add', '2001:1458::5/128', 'dev', 'lo')
    const findings = await examine(discovering, { namespace })
    expect(findings.get('interfaces')).toBeUndefined()
    expect(findings.get('interface lo')).toMatchObject({ status: 'ok' })
  })

  it('is no Linux', async () => {
    const environment = { NODE_OPTIONS: `--import ${resolve('test/support/flowd/pretend-macos-child.ts')}` }
    const findings = await examine({}, { environment })
    expect([...findings.keys()]).toEqual(['configuration', 'kernel'])
    expect(findings.get('kernel')).toMatchObject({ status: 'failed' })
  })

  it('grants less than the receiver asks for, without CAP_NET_ADMIN', async () => {
    const largest = { plugins: { firefly: { receiveBuffer: 1_073_741_823 } } }
    expect((await examine(largest)).get('receive buffer')).toMatchObject({ status: 'ok' })
    expect((await examine(largest, { prefix: withoutCapabilities })).get('receive buffer')).toMatchObject({
      status: 'warning',
      remedy: saying('net.core.rmem_max=1073741823'),
    })
    const smallest = { plugins: { firefly: { receiveBuffer: 4096 } } }
    expect((await examine(smallest)).get('receive buffer')).toMatchObject({ status: 'ok' })
  })
})

describe('the configuration', () => {
  it('is odd, wrong or missing, and the rest is looked at all the same', async () => {
    expect((await examine('plugins: {apj: {}}')).get('configuration')).toMatchObject({ status: 'warning' })
    const wrong = await examine('plugins: {api: {bindPort: 70000}}')
    expect(wrong.get('configuration')).toMatchObject({ status: 'failed', found: saying('is 70000') })
    expect(wrong.get('clock')).toBeDefined()
    const { code, stdout } = await runTidemark(['--conf', join(folder, 'none'), 'doctor'])
    expect(code).toBe(1)
    expect(stdout).toMatch(/^flowd +configuration +failed +no configuration file at /m)
  })
})

describe('the HTTP servers', () => {
  it('can listen and use their files', async () => {
    const [port, netlinkPort] = [await freePort(), await freePort()]
    const tokenFile = join(folder, 'tokens')
    writeFileSync(tokenFile, 'a-token-that-is-long-enough\n', { mode: 0o644 })
    const findings = await examine({
      plugins: { api: { bindPort: port, tokenFile } },
      backends: { prometheus: { legacyNames: true, netlinkPort, skopsPort: 0 } },
    })
    expect(findings.get(`plugins.api 127.0.0.1:${port}`)).toMatchObject({ status: 'ok', found: 'free' })
    expect(findings.get('plugins.api.tokenFile')).toMatchObject({ status: 'warning', remedy: saying('chmod 640') })
    expect(findings.get(`backends.prometheus 127.0.0.1:${netlinkPort}`)).toMatchObject({ status: 'ok' })
    expect([...findings.keys()].filter(check => check.startsWith('backends.prometheus'))).toHaveLength(1)
  })
})

describe('the interfaces', () => {
  const marking = (attach: string, targetInterfaces = ['eth0']) => ({
    controlSocket: { path: join(folder, 'none.sock') },
    backends: { marker: { attach, targetInterfaces } },
  })

  it('are absent, down or long-winded', async () => {
    const { left: namespace } = laboratory.pair()
    namespace.exec('ip', 'link', 'set', 'lo', 'down')
    namespace.exec('ip', 'link', 'set', 'eth0', 'gso_max_size', '131072')
    const findings = await examine(marking('auto', ['eth0', 'eth7', 'lo']), { namespace })
    expect(findings.get('interface eth0')).toMatchObject({ status: 'ok', found: 'up, MTU 1500' })
    expect(findings.get('interface eth7')).toMatchObject({ status: 'failed' })
    expect(findings.get('interface lo')).toMatchObject({ status: 'warning', found: 'is down' })
    expect(findings.get('BIG TCP eth0')?.found).toMatch(/^on \(gso_max_size 131072\)/)
    expect(findings.get('BIG TCP lo')?.found).toBe('off (gso_max_size 65536)')
  })

  it('hold filters of others, which count only where they come before ours', async () => {
    const { left: namespace } = laboratory.pair()
    namespace.exec('tc', 'qdisc', 'add', 'dev', 'eth0', 'clsact')
    namespace.exec('tc', 'filter', 'add', 'dev', 'eth0', 'egress', 'prio', '9', 'u32', 'match', 'u32', '0', '0')
    const filters = async (attach: string, prefix: string[] = []) =>
      (await examine(marking(attach), { namespace, prefix })).get('filters eth0')
    expect(await filters('clsact')).toMatchObject({ status: 'ok' })
    namespace.exec('tc', 'filter', 'add', 'dev', 'eth0', 'egress', 'prio', '1', 'u32', 'match', 'u32', '0', '0')
    const found = 'of others: priority 1 u32, priority 9 u32; '
    expect(await filters('clsact')).toMatchObject({ status: 'warning', found: saying(found) })
    expect(await filters('auto')).toMatchObject({ status: 'ok', found: `${found}they come after ours` })
    // A kernel that is too old for TCX.
    expect(await filters('auto', ['setarch', '--uname-2.6'])).toMatchObject({ status: 'warning' })
  })

  it('hold a qdisc ingress where clsact must stand', async () => {
    const { left: namespace } = laboratory.pair()
    namespace.exec('tc', 'qdisc', 'add', 'dev', 'eth0', 'ingress')
    expect((await examine(marking('clsact'), { namespace })).get('filters eth0')).toMatchObject({ status: 'failed' })
    expect((await examine(marking('auto'), { namespace })).get('filters eth0')).toMatchObject({ status: 'ok' })
  })

  it('are not marked on by the flowd that runs, for a reason that it tells', async () => {
    const { left: namespace } = laboratory.pair()
    namespace.exec('tc', 'qdisc', 'add', 'dev', 'eth0', 'ingress')
    namespace.exec('ip', 'address', 'add', '2001:1458::5/64', 'dev', 'eth0', 'nodad')
    const backends = { marker: { attach: 'clsact', discoverInterfaces: true } }
    await using flowd = await new FlowdProcess({ configuration: { backends }, spawn: namespace.spawn }).ready()
    const configuration = { controlSocket: { path: join(flowd.folder, 'flowd.sock') }, backends }
    const running = async () => (await examine(configuration, { namespace })).get('running flowd')
    expect(await running()).toMatchObject({
      status: 'warning',
      found: saying('backend marker: nothing that leaves through eth0'),
    })
    namespace.exec('tc', 'qdisc', 'del', 'dev', 'eth0', 'ingress')
    await expect.poll(running, { timeout: 30_000 }).toMatchObject({ status: 'ok' })
  })

  it("hold flowd-go's filter", async () => {
    const { left: namespace } = laboratory.pair()
    namespace.exec('tc', 'qdisc', 'add', 'dev', 'eth0', 'clsact')
    const object = join(folder, 'markerHandle')
    copyFileSync('test/support/bpf/probe.bpf.o', object)
    namespace.exec('tc', 'filter', 'add', 'dev', 'eth0', 'egress', 'prio', '1', 'bpf', 'da', 'obj', object, 'sec', 'tc')
    expect((await examine(marking('auto'), { namespace })).get('filters eth0')).toMatchObject({
      status: 'warning',
      found: saying('flowd-go marks here too'),
    })
  })

  it('hold filters of ours, which are leftovers when flowd is gone', async () => {
    const { left: namespace } = laboratory.pair()
    await using flowd = await new FlowdProcess({
      configuration: { backends: { marker: { attach: 'clsact', targetInterfaces: ['eth0'] } } },
      spawn: namespace.spawn,
    }).ready()
    const configuration = {
      controlSocket: { path: join(flowd.folder, 'flowd.sock') },
      backends: { marker: { targetInterfaces: ['eth0'] } },
    }
    expect((await examine(configuration, { namespace })).get('filters eth0')).toMatchObject({
      status: 'ok',
      found: 'ours, of the flowd that runs',
    })
    await flowd.stop('SIGKILL')
    const { status, remedy } = (await examine(configuration, { namespace })).get('filters eth0')!
    expect({ status, remedy }).toEqual({
      status: 'warning',
      remedy: 'start flowd, or: tidemark flowd marker clean --target-interface eth0',
    })
    namespace.exec(TIDEMARK, 'flowd', 'marker', 'clean', '--target-interface', 'eth0')
    expect((await examine(configuration, { namespace })).get('filters eth0')).toMatchObject({ status: 'ok' })
  })
})

describe('the collectors', () => {
  const sendingTo = (address: string, port: number) => ({
    plugins: { firefly: { fireflyReceivers: [{ address, port }] } },
  })

  it('are reached, refuse, have no name or no route', async () => {
    const listener = createSocket('udp4')
    listener.bind(0, '127.0.0.1')
    await once(listener, 'listening')
    const { port } = listener.address()
    const backend = { sendToCollector: true, collectorAddress: '127.0.0.1', collectorPort: port }
    try {
      const heard = once(listener, 'message') as Promise<[Buffer]>
      expect((await examine({ backends: { firefly: backend } })).get(`collector 127.0.0.1:${port}`)).toMatchObject({
        status: 'ok',
        found: saying('from 127.0.0.1'),
      })
      expect((await heard)[0]).toHaveLength(0)
    } finally {
      listener.close()
    }
    expect((await examine(sendingTo('127.0.0.1', port))).get(`collector 127.0.0.1:${port}`)).toMatchObject({
      status: 'failed',
      found: saying('ECONNREFUSED'),
    })
    expect((await examine(sendingTo('nowhere.invalid', 1))).get('collector nowhere.invalid:1')).toMatchObject({
      status: 'failed',
      found: saying('does not resolve'),
    })
    const { left: namespace } = laboratory.pair()
    const far = sendingTo('2001:db8:ffff::1', 1)
    expect((await examine(far, { namespace })).get('collector [2001:db8:ffff::1]:1')).toMatchObject({
      status: 'failed',
      found: saying('ENETUNREACH'),
    })
  })
})
