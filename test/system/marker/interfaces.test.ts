import { execFileSync } from 'node:child_process'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { AttachedInterfaces, chooseInterfaces } from '../../../src/flowd/backends/marker/interfaces/index.ts'
import { InterfaceChanges, inNetworkNamespace, NETLINK, NetlinkSocket } from '../../../src/linux/index.ts'
import { FlowdProcess } from '../../support/flowd/flowd-process.ts'
import { unitContext } from '../../support/flowd/unit-context.ts'
import { pairIsUp, sendDatagrams } from '../../support/marker-in-namespace.ts'
import { Laboratory, type TestNamespace } from '../../support/namespace.ts'
import { Probe } from '../../support/probe.ts'

const laboratory = new Laboratory()
afterAll(() => laboratory.close())

const probes: Probe[] = []
afterEach(() => {
  for (const probe of probes.splice(0)) probe.close()
})

const PATIENCE = { timeout: 30_000, interval: 50 }
const [SOURCE_PORT, PORT] = [40_001, 5201]
/** Of experiment 3, activity 14; and which bits are no entropy. */
const [LABEL, LABEL_MASK] = [0x30038, 0x3fefc]

function ip(namespace: TestNamespace, words: string): void {
  execFileSync('ip', ['-n', namespace.name, ...words.split(' ')], { stdio: 'pipe' })
}

/** Commands of iproute2 in one process, so that little time passes between them. */
function ipBatch(namespace: TestNamespace, ...commands: string[]): void {
  execFileSync('ip', ['-n', namespace.name, '-batch', '-'], { input: commands.join('\n'), stdio: 'pipe' })
}

/** flowd in a namespace, with one flow declared. */
async function marking(namespace: TestNamespace, marker: object): Promise<FlowdProcess> {
  // Else the kernel gives each socket a label of its own.
  namespace.exec('sysctl', '-qw', 'net.ipv6.auto_flowlabels=0')
  // The flow shall outlive the sockets of those who send a little.
  const configuration = { backends: { marker }, flowTable: { socketCheck: false } }
  const flowd = new FlowdProcess({ configuration, spawn: namespace.spawn })
  await flowd.ready()
  const line = `start udp 2001:db8:1::1 ${SOURCE_PORT} 2001:db8:1::2 ${PORT} cms 14`
  expect(await flowd.control.send([line])).toMatchObject({ accepted: 1 })
  return flowd
}

async function metric(flowd: FlowdProcess, name: string): Promise<number> {
  const { text } = await flowd.get('/metrics')
  return Number(new RegExp(`^tidemark_flowd_marker_${name} (.*)$`, 'm').exec(text)?.[1])
}

/** The label on the wire, without its entropy, as the right end sees datagrams of the left. */
async function labelOnTheWire(left: TestNamespace, right: TestNamespace): Promise<number> {
  await pairIsUp(left, right)
  const probe = new Probe().attach(right, 'ingress')
  probes.push(probe)
  sendDatagrams(left, SOURCE_PORT, PORT, 5)
  await expect.poll(() => probe.seen(PORT).length, PATIENCE).toBe(1)
  return (probe.seen(PORT)[0]?.label ?? 0) & LABEL_MASK
}

const end = (namespace: TestNamespace, host: number) => ({
  namespace,
  interfaceName: 'eth0',
  addresses: [`2001:db8:1::${host}/64`],
})

/** Lines of flowd that match. */
const said = (flowd: FlowdProcess, pattern: RegExp) =>
  flowd.stderr.split('\n').filter(line => pattern.test(line)).length

describe.each(['tcx', 'clsact'])('a named interface, marked on by %s', attach => {
  it('is marked on again after it was gone', async () => {
    const { left, right } = laboratory.pair()
    await using flowd = await marking(left, { targetInterfaces: ['eth0'], attach })
    expect(await labelOnTheWire(left, right)).toBe(LABEL)
    expect(await metric(flowd, 'interfaces')).toBe(1)

    ip(left, 'link delete eth0')
    await expect.poll(() => metric(flowd, 'interfaces'), PATIENCE).toBe(0)
    expect(said(flowd, /the interface is gone/)).toBe(1)

    laboratory.connect(end(left, 1), end(right, 2))
    await expect.poll(() => metric(flowd, 'interfaces'), PATIENCE).toBe(1)
    expect(await metric(flowd, 'attached_total')).toBe(2)
    expect(said(flowd, /marking what leaves/)).toBe(2)
    expect(await labelOnTheWire(left, right)).toBe(LABEL)

    await flowd.stop()
    expect(left.exec('tc', 'qdisc', 'show', 'dev', 'eth0')).not.toContain('clsact')
  })

  it('is marked on when it takes over the number of the one that was deleted', async () => {
    const { left, right } = laboratory.pair()
    await using flowd = await marking(left, { targetInterfaces: ['eth0'], attach })
    const index = left.exec('cat', '/sys/class/net/eth0/ifindex').trim()
    ipBatch(
      left,
      'link delete eth0',
      `link add eth0 index ${index} type veth peer name eth0 netns ${right.name}`,
      'address add 2001:db8:1::1/64 dev eth0 nodad',
      'link set eth0 up',
    )
    ip(right, 'address add 2001:db8:1::2/64 dev eth0 nodad')
    ip(right, 'link set eth0 up')
    await expect.poll(() => metric(flowd, 'attached_total'), PATIENCE).toBe(2)
    expect(await labelOnTheWire(left, right)).toBe(LABEL)
  })

  it('is let go of when it gets another name', async () => {
    const { left, right } = laboratory.pair()
    await using flowd = await marking(left, { targetInterfaces: ['eth0'], attach })
    ip(left, 'link set eth0 down')
    ip(left, 'link set eth0 name wan0')
    await expect.poll(() => metric(flowd, 'interfaces'), PATIENCE).toBe(0)
    expect(left.exec('tc', 'filter', 'show', 'dev', 'wan0', 'egress')).not.toContain('tidemark')
    ip(left, 'link set wan0 name eth0')
    await expect.poll(() => metric(flowd, 'interfaces'), PATIENCE).toBe(1)
    ipBatch(left, 'link set eth0 up', 'address add 2001:db8:1::1/64 dev eth0 nodad')
    expect(await labelOnTheWire(left, right)).toBe(LABEL)
  })
})

it('a named interface that is absent at the start stays an error', async () => {
  await using flowd = new FlowdProcess({
    configuration: { backends: { marker: { targetInterfaces: ['lo', 'pm-absent'] } } },
    spawn: laboratory.namespace().spawn,
  })
  expect(await flowd.ended()).toBe(78)
  expect(flowd.stderr).toMatch(/^error INTERFACE_ABSENT: .*pm-absent/m)
})

describe('discovery', () => {
  it('V93: chooses interfaces with a public IPv6 address', () => {
    const namespace = laboratory.namespace()
    const addresses = {
      eth0: ['192.0.2.9/24', '2001:1458::5/64'],
      eth1: ['10.0.0.1/24', 'fd00::1/64'],
      eth2: ['8.8.8.8/32'],
    }
    for (const [name, list] of Object.entries(addresses)) {
      ip(namespace, `link add ${name} type veth peer name ${name}p`)
      for (const address of list) ip(namespace, `address add ${address} dev ${name}`)
      ip(namespace, `link set ${name} up`)
    }
    const choose = (targetInterfaces: string[], discoverInterfaces: boolean) =>
      inNetworkNamespace(namespace.path, () => {
        using socket = NetlinkSocket.open(NETLINK.ROUTE)
        return chooseInterfaces(socket, { targetInterfaces, discoverInterfaces }).map(({ name }) => name)
      })
    expect(choose(['lo'], true)).toEqual(['eth0'])
    expect(choose(['lo', 'eth1', 'none'], false)).toEqual(['lo', 'eth1'])
  })

  it('marks on an interface from when it gets a public address until it has none', async () => {
    const { left, right } = laboratory.pair()
    await using flowd = await marking(left, { discoverInterfaces: true })
    expect(await metric(flowd, 'interfaces')).toBe(0)
    expect(said(flowd, /no interface has a public IPv6 address/)).toBe(1)
    expect(await labelOnTheWire(left, right)).toBe(0)

    ip(left, 'address add 2001:1458::5/64 dev eth0 nodad')
    await expect.poll(() => metric(flowd, 'interfaces'), PATIENCE).toBe(1)
    expect(await labelOnTheWire(left, right)).toBe(LABEL)

    ip(left, 'address delete 2001:1458::5/64 dev eth0')
    await expect.poll(() => metric(flowd, 'interfaces'), PATIENCE).toBe(0)
    expect(await labelOnTheWire(left, right)).toBe(0)
  })

  it('marks on interfaces that come later', async () => {
    const [left, right] = [laboratory.namespace(), laboratory.namespace()]
    await using flowd = await marking(left, { discoverInterfaces: true })
    const here = end(left, 1)
    laboratory.connect({ ...here, addresses: [...here.addresses, '2001:1458::5/64'] }, end(right, 2))
    await expect.poll(() => metric(flowd, 'interfaces'), PATIENCE).toBe(1)
    expect(await labelOnTheWire(left, right)).toBe(LABEL)
  })
})

describe('what is heard of interfaces', () => {
  it('is told once for many changes, with the numbers of those deleted', async () => {
    const namespace = laboratory.namespace()
    const told: number[][] = []
    const changes = inNetworkNamespace(namespace.path, () => InterfaceChanges.open(deleted => told.push([...deleted])))
    ipBatch(namespace, 'link add pm0 index 71 type veth peer name pm1 index 72', 'link set pm0 up', 'link set pm1 up')
    await expect.poll(() => told.length, PATIENCE).toBeGreaterThan(0)
    expect(told.flat()).toEqual([])
    ip(namespace, 'link delete pm0')
    await expect.poll(() => told.flat().sort(), PATIENCE).toEqual([71, 72])
    changes.close()
    const heard = told.length
    ip(namespace, 'link add pm2 type veth peer name pm3')
    await new Promise(resolve => setTimeout(resolve, 300))
    expect(told).toHaveLength(heard)
    changes.close()
  })

  it('says once why an interface that came later cannot be marked on, and tries again', async () => {
    const namespace = laboratory.namespace()
    const { log, lines } = unitContext()
    let refusals = 2
    const interfaces = new AttachedInterfaces({
      targetInterfaces: [],
      discoverInterfaces: true,
      attach: () => {
        if (refusals === 0) return { how: 'tcx', detach: () => undefined }
        refusals -= 1
        throw new Error('not now')
      },
      log,
    })
    inNetworkNamespace(namespace.path, () => interfaces.start())
    ip(namespace, 'link add pm0 type veth peer name pm1')
    ip(namespace, 'address add 2001:1458::5/64 dev pm0')
    for (let change = 0; interfaces.size === 0; change += 1) {
      ip(namespace, `address add 2001:1458::1:${change}/64 dev pm0`)
      await new Promise(resolve => setTimeout(resolve, 100))
    }
    expect(interfaces).toMatchObject({ failures: 2, attachments: 1 })
    const errors = lines.filter(({ level }) => level === 'error')
    expect(errors.map(({ message, fields }) => [message, fields['reason']])).toEqual([
      ['nothing of the interface can be marked', 'not now'],
    ])
    interfaces.stop()
    interfaces.stop()
    expect(interfaces.size).toBe(0)
  })
})
