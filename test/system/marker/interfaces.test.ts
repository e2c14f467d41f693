import { execFileSync } from 'node:child_process'
import { afterAll, describe, expect, it } from 'vitest'
import { chooseInterfaces } from '../../../src/flowd/backends/marker/interfaces/index.ts'
import { InterfaceChanges, inNetworkNamespace, NETLINK, NetlinkSocket } from '../../../src/linux/index.ts'
import { FlowdProcess } from '../../support/flowd/flowd-process.ts'
import { LABEL, labelOnTheWire, markerMetric, markingFlowd, PATIENCE, said } from '../../support/flowd/marking-flowd.ts'
import { Laboratory, type TestNamespace } from '../../support/namespace.ts'

const laboratory = new Laboratory()
afterAll(() => laboratory.close())

function ip(namespace: TestNamespace, words: string): void {
  execFileSync('ip', ['-n', namespace.name, ...words.split(' ')], { stdio: 'pipe' })
}

/** Commands of iproute2 in one process, so that little time passes between them. */
function ipBatch(namespace: TestNamespace, ...commands: string[]): void {
  execFileSync('ip', ['-n', namespace.name, '-batch', '-'], { input: commands.join('\n'), stdio: 'pipe' })
}

const end = (namespace: TestNamespace, host: number) => ({
  namespace,
  interfaceName: 'eth0',
  addresses: [`2001:db8:1::${host}/64`],
})

describe.each(['tcx', 'clsact'])('a named interface, marked on by %s', attach => {
  it('is marked on again after it was gone', async () => {
    const { left, right } = laboratory.pair()
    await using flowd = await markingFlowd(left, { targetInterfaces: ['eth0'], attach })
    expect(await labelOnTheWire(left, right)).toBe(LABEL)
    expect(await markerMetric(flowd, 'interfaces')).toBe(1)

    ip(left, 'link delete eth0')
    await expect.poll(() => markerMetric(flowd, 'interfaces'), PATIENCE).toBe(0)
    await expect.poll(() => said(flowd, /the interface is gone/)).toBe(1)

    laboratory.connect(end(left, 1), end(right, 2))
    await expect.poll(() => markerMetric(flowd, 'interfaces'), PATIENCE).toBe(1)
    expect(await markerMetric(flowd, 'attached_total')).toBe(2)
    await expect.poll(() => said(flowd, /marking what leaves/)).toBe(2)
    expect(await labelOnTheWire(left, right)).toBe(LABEL)

    await flowd.stop()
    expect(left.exec('tc', 'qdisc', 'show', 'dev', 'eth0')).not.toContain('clsact')
  })

  it('is marked on when it takes over the number of the one that was deleted', async () => {
    const { left, right } = laboratory.pair()
    await using flowd = await markingFlowd(left, { targetInterfaces: ['eth0'], attach })
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
    await expect.poll(() => markerMetric(flowd, 'attached_total'), PATIENCE).toBe(2)
    expect(await labelOnTheWire(left, right)).toBe(LABEL)
  })

  it('is let go of when it gets another name', async () => {
    const { left, right } = laboratory.pair()
    await using flowd = await markingFlowd(left, { targetInterfaces: ['eth0'], attach })
    ip(left, 'link set eth0 down')
    ip(left, 'link set eth0 name wan0')
    await expect.poll(() => markerMetric(flowd, 'interfaces'), PATIENCE).toBe(0)
    expect(left.exec('tc', 'filter', 'show', 'dev', 'wan0', 'egress')).not.toContain('tidemark')
    ip(left, 'link set wan0 name eth0')
    await expect.poll(() => markerMetric(flowd, 'interfaces'), PATIENCE).toBe(1)
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

it('without any interface to mark on flowd runs, and says that nothing is marked', async () => {
  await using flowd = await markingFlowd(laboratory.namespace(), { targetInterfaces: [] })
  await expect.poll(() => said(flowd, /targetInterfaces is empty and discoverInterfaces is off/)).toBe(1)
  expect(await markerMetric(flowd, 'interfaces')).toBe(0)
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
    await using flowd = await markingFlowd(left, { discoverInterfaces: true })
    expect(await markerMetric(flowd, 'interfaces')).toBe(0)
    await expect.poll(() => said(flowd, /no interface has a public IPv6 address/)).toBe(1)
    expect(await labelOnTheWire(left, right)).toBe(0)

    ip(left, 'address add 2001:1458::5/64 dev eth0 nodad')
    await expect.poll(() => markerMetric(flowd, 'interfaces'), PATIENCE).toBe(1)
    expect(await labelOnTheWire(left, right)).toBe(LABEL)

    ip(left, 'address delete 2001:1458::5/64 dev eth0')
    await expect.poll(() => markerMetric(flowd, 'interfaces'), PATIENCE).toBe(0)
    expect(await labelOnTheWire(left, right)).toBe(0)
  })

  it('marks on interfaces that come later', async () => {
    const [left, right] = [laboratory.namespace(), laboratory.namespace()]
    await using flowd = await markingFlowd(left, { discoverInterfaces: true })
    const here = end(left, 1)
    laboratory.connect({ ...here, addresses: [...here.addresses, '2001:1458::5/64'] }, end(right, 2))
    await expect.poll(() => markerMetric(flowd, 'interfaces'), PATIENCE).toBe(1)
    expect(await labelOnTheWire(left, right)).toBe(LABEL)
  })
})

describe('what is heard of interfaces', () => {
  it('is told once for many changes, with the numbers of those deleted', async () => {
    const namespace = laboratory.namespace()
    const told: number[][] = []
    const changes = inNetworkNamespace(namespace.path, () =>
      InterfaceChanges.open(({ deleted }) => told.push([...deleted])),
    )
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
})
