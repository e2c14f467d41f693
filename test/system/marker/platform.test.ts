import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { realpathSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { cleanMarker } from '../../../src/flowd/backends/marker/index.ts'
import { inNetworkNamespace } from '../../../src/linux/index.ts'
import { MARKER_DEFAULTS, pairIsUp } from '../../support/marker-in-namespace.ts'
import { Laboratory, type TestNamespace } from '../../support/namespace.ts'

const laboratory = new Laboratory()
let namespace: TestNamespace
beforeAll(async () => {
  const { left, right } = laboratory.pair()
  namespace = left
  await pairIsUp(left, right)
})
afterAll(() => laboratory.close())

/** The path of the library that the dynamic linker would take. */
function libbpfPath(): string {
  const line = execFileSync('/sbin/ldconfig', ['-p'], { encoding: 'utf8' })
    .split('\n')
    .find(entry => entry.trim().startsWith('libbpf.so.1 '))
  return realpathSync(line?.split('=> ')[1] ?? '')
}

/** Starts a marker in a process of its own, after a preparation in bash; `ready`, or its error and exit code. */
async function start(preparation: string, options: Partial<typeof MARKER_DEFAULTS> = {}): Promise<unknown> {
  const child = `${process.execPath} test/support/marker-child.ts '${JSON.stringify({ ...MARKER_DEFAULTS, ...options })}'`
  // Every link of the chain replaces the one before, so what is killed is the marker itself.
  const started = namespace.spawn('unshare', ['--mount', 'bash', '-c', preparation.replace('RUN', child)])
  const exited = once(started, 'exit') as Promise<[number]>
  const [said] = (await once(started.stdout!, 'data')) as [Buffer]
  if (said.toString() === 'ready\n') started.kill('SIGKILL')
  const [exitCode] = await exited
  return said.toString() === 'ready\n' ? 'ready' : { ...(JSON.parse(said.toString()) as object), exitCode }
}

const capabilities = (...held: string[]) => {
  const set = held.length === 0 ? '-all' : `-all,${held.map(name => `+${name}`).join(',')}`
  return `exec setpriv --reuid 65534 --regid 65534 --clear-groups --inh-caps ${set} --ambient-caps ${set} --bounding-set ${set} RUN`
}

describe('the marker refuses with its code and remedy', () => {
  it('where the kernel does not describe its types', async () => {
    expect(await start('mount -t tmpfs none /sys/kernel/btf; exec RUN')).toMatchObject({
      code: 'BTF_MISSING',
      message: 'the marker needs the kernel to describe its types, and there is no /sys/kernel/btf/vmlinux',
      remedy: expect.stringContaining('CONFIG_DEBUG_INFO_BTF=y') as string,
      exitCode: 78,
    })
  })

  it('where libbpf is not installed', async () => {
    expect(await start(`mount --bind /dev/null ${libbpfPath()}; exec RUN`)).toMatchObject({
      code: 'LIBBPF_MISSING',
      message: expect.stringContaining('libbpf cannot be loaded') as string,
      remedy: expect.stringContaining('apt install libbpf1') as string,
      exitCode: 78,
    })
  })

  it.each([
    ['no capability', [], 'the marker lacks CAP_BPF and CAP_NET_ADMIN'],
    ['CAP_BPF alone', ['bpf'], 'the marker lacks CAP_NET_ADMIN'],
    ['CAP_NET_ADMIN alone', ['net_admin'], 'the marker lacks CAP_BPF'],
  ])('with %s', async (_name, held, message) => {
    expect(await start(capabilities(...held))).toMatchObject({
      code: 'CAPABILITY_MISSING',
      message,
      remedy: expect.stringContaining('AmbientCapabilities=CAP_BPF CAP_NET_ADMIN') as string,
      exitCode: 78,
    })
  })

  it('where an interface is absent', async () => {
    expect(await start('exec RUN', { targetInterfaces: ['absent'] })).toMatchObject({
      code: 'INTERFACE_ABSENT',
      message: 'there is no network interface absent',
      remedy: expect.stringContaining('ip link') as string,
      exitCode: 78,
    })
  })
})

describe.each(['tcx', 'clsact'] as const)('without root, with %s', attach => {
  it('CAP_BPF and CAP_NET_ADMIN are enough', async () => {
    expect(await start(capabilities('bpf', 'net_admin'), { attach })).toBe('ready')
    // The process was killed by its time limit: what clsact leaves then is removed here.
    const left = inNetworkNamespace(namespace.path, () => cleanMarker('eth0'))
    expect(left.filters).toBe(attach === 'tcx' ? 0 : 1)
  })
})
