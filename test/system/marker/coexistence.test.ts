import { copyFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest'
import { cleanMarker } from '../../../src/flowd/backends/marker/index.ts'
import {
  attachFilter,
  createClsact,
  inNetworkNamespace,
  listFilters,
  listQdiscs,
  NETLINK,
  NetlinkSocket,
} from '../../../src/linux/index.ts'
import { tupleOf } from '../../support/five-tuple.ts'
import { linkOf } from '../../support/links.ts'
import { MarkerInNamespace, markerProcess, pairIsUp, sendDatagrams } from '../../support/marker-in-namespace.ts'
import { Laboratory, type TestNamespace } from '../../support/namespace.ts'
import { Probe } from '../../support/probe.ts'

const LABEL = 0x10040
const DECLARED = 4001
const OTHER = 4002
const DESTINATION = 5001
const flow = tupleOf({
  source: '2001:db8:1::1',
  destination: '2001:db8:1::2',
  sourcePort: DECLARED,
  destinationPort: DESTINATION,
  protocol: 'udp',
})

const folder = mkdtempSync(join(tmpdir(), 'tidemark-coexistence-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

let laboratory: Laboratory
let left: TestNamespace
let right: TestNamespace
const probes: Probe[] = []
const markers: MarkerInNamespace[] = []

beforeEach(async () => {
  laboratory = new Laboratory()
  ;({ left, right } = laboratory.pair())
  await pairIsUp(left, right)
})
afterEach(async () => {
  for (const marker of markers.splice(0)) await marker.stop()
  for (const probe of probes.splice(0)) probe.close()
  await laboratory.close()
})

function newProbe(): Probe {
  const probe = new Probe()
  probes.push(probe)
  return probe
}

async function startMarker(options: Parameters<typeof MarkerInNamespace.start>[1] = {}): Promise<MarkerInNamespace> {
  const marker = await MarkerInNamespace.start(left, options)
  markers.push(marker)
  marker.mark(flow, LABEL)
  return marker
}

/** A filter of somebody else on eth0's clsact, which is made where it is missing. */
function foreignFilter(priority: number): Probe {
  const probe = newProbe()
  inNetworkNamespace(left.path, () => {
    createClsact(linkOf('eth0'))
    attachFilter(probe.program, linkOf('eth0'), { priority, handle: 1 })
  })
  return probe
}

/** What stands on eth0: kinds of qdiscs, and priorities and names of egress filters. */
function standing(): { qdiscs: string[]; filters: string[] } {
  return inNetworkNamespace(left.path, () => {
    using socket = NetlinkSocket.open(NETLINK.ROUTE)
    const { index } = linkOf('eth0')
    const filters = listFilters(socket, index, 'egress').toSorted((one, other) => one.priority - other.priority)
    return {
      qdiscs: listQdiscs(socket).flatMap(({ interfaceIndex, kind }) => (interfaceIndex === index ? [kind] : [])),
      filters: filters.map(({ priority, bpfName }) => `${priority} ${bpfName.replace(/:.*/, '')}`),
    }
  })
}

/** Sends 50 datagrams of the declared flow and 30 of another, and returns how many packets each label had there. */
async function labelsAt(probe: Probe): Promise<Record<string, number>> {
  probe.reset()
  sendDatagrams(left, DECLARED, DESTINATION, 50)
  sendDatagrams(left, OTHER, DESTINATION, 30)
  const total = () => probe.seen(DESTINATION).reduce((sum, row) => sum + row.packets, 0)
  await expect.poll(total).toBe(80)
  const rows = probe.seen(DESTINATION)
  const marked = rows.filter(row => row.label === LABEL)
  const count = (wanted: number, among: typeof rows) =>
    among.filter(row => row.sourcePort === wanted).reduce((sum, row) => sum + row.packets, 0)
  return {
    declared: count(DECLARED, rows),
    declaredMarked: count(DECLARED, marked),
    other: count(OTHER, rows),
    otherMarked: count(OTHER, marked),
  }
}

const MARKED = { declared: 50, declaredMarked: 50, other: 30, otherMarked: 0 }
const UNMARKED = { declared: 50, declaredMarked: 0, other: 30, otherMarked: 0 }

const clean = (options: { removeQdisc?: boolean } = {}) =>
  inNetworkNamespace(left.path, () => cleanMarker('eth0', options))

describe.each(['tcx', 'clsact'] as const)('others on the interface, with %s', attach => {
  it('see exactly the same packets with the marker running, stopped and cleaned', async () => {
    left.exec('tc', 'qdisc', 'add', 'dev', 'eth0', 'root', 'handle', '7:', 'tbf', ...TOKEN_BUCKET)
    const filters = [foreignFilter(1), foreignFilter(50_000)]
    const links = [newProbe().attach(left, 'egress'), newProbe().attach(left, 'egress')]
    const peer = newProbe().attach(right, 'ingress')
    const others = [...filters, ...links, peer]

    /** Packets and bytes of each flow at each probe; labels aside, which the marker is there to change. */
    const observe = async () => {
      for (const probe of others) probe.reset()
      const queued = queuedPackets()
      await labelsAt(peer)
      const views = others.map(probe =>
        probe.seen(DESTINATION).map(({ label, ...rest }) => ({ ...rest, labelled: label === LABEL })),
      )
      const counts = views.map(rows =>
        rows
          .map(({ sourcePort, packets, bytes, trafficClass }) => `${sourcePort} ${packets} ${bytes} ${trafficClass}`)
          .toSorted(),
      )
      return { counts, queued: queuedPackets() - queued }
    }

    const without = await observe()
    expect(without.counts[0]).toEqual([`${DECLARED} 50 3300 0`, `${OTHER} 30 1980 0`])
    for (const counts of without.counts) expect(counts).toEqual(without.counts[0])
    expect(without.queued).toBeGreaterThanOrEqual(80)
    const before = standing()

    const marker = await startMarker({ attach })
    expect((await observe()).counts).toEqual(without.counts)
    expect(await labelsAt(peer)).toEqual(MARKED)
    // One that comes first now, after the marker was there.
    const first = newProbe().attach(left, 'egress', 'first')
    expect(await labelsAt(first)).toEqual(UNMARKED)
    expect(await labelsAt(peer)).toEqual(MARKED)
    first.close()

    await marker.stop()
    expect((await observe()).counts).toEqual(without.counts)
    expect(await labelsAt(peer)).toEqual(UNMARKED)
    clean({ removeQdisc: true })
    expect((await observe()).counts).toEqual(without.counts)
    expect(standing()).toEqual(before)
    expect(before.qdiscs.toSorted()).toEqual(['clsact', 'tbf'])
    expect(before.filters).toEqual(['1 probe_count', '50000 probe_count'])
  })

  it('a process that is killed: marks end with it, or a clean-up ends them', async () => {
    const peer = newProbe().attach(right, 'ingress')
    const child = await markerProcess(left, { attach }, [[flow, LABEL]])
    expect(await labelsAt(peer)).toEqual(MARKED)
    await child.kill()
    if (attach === 'tcx') {
      expect(await labelsAt(peer)).toEqual(UNMARKED)
      expect(clean()).toEqual({ filters: 0, qdisc: false })
    } else {
      expect(await labelsAt(peer)).toEqual(MARKED)
      expect(clean()).toEqual({ filters: 1, qdisc: true })
      expect(await labelsAt(peer)).toEqual(UNMARKED)
    }
    expect(standing()).toEqual({ qdiscs: ['noqueue'], filters: [] })
  })
})

/** More than the test sends. */
const TOKEN_BUCKET = ['rate', '1gbit', 'burst', '1mb', 'latency', '50ms']

function queuedPackets(): number {
  const qdiscs = JSON.parse(left.exec('tc', '-s', '-j', 'qdisc', 'show', 'dev', 'eth0')) as {
    kind: string
    packets: number
  }[]
  return qdiscs.find(({ kind }) => kind === 'tbf')?.packets ?? 0
}

describe('the clsact qdisc', () => {
  it('goes with the marker that made it', async () => {
    const marker = await startMarker({ attach: 'clsact' })
    expect(standing()).toEqual({ qdiscs: ['noqueue', 'clsact'], filters: ['2 tidemark_marker'] })
    await marker.stop()
    expect(standing()).toEqual({ qdiscs: ['noqueue'], filters: [] })
  })

  it('stays when the marker was told to leave it, or found it', async () => {
    const keeping = await startMarker({ attach: 'clsact', removeQdisc: false })
    await keeping.stop()
    expect(standing()).toEqual({ qdiscs: ['noqueue', 'clsact'], filters: [] })
    const finding = await startMarker({ attach: 'clsact' })
    await finding.stop()
    expect(standing()).toEqual({ qdiscs: ['noqueue', 'clsact'], filters: [] })
    expect(clean()).toEqual({ filters: 0, qdisc: false })
    expect(clean({ removeQdisc: true })).toEqual({ filters: 0, qdisc: true })
    expect(standing()).toEqual({ qdiscs: ['noqueue'], filters: [] })
  })

  it('stays while somebody else uses it, in either direction', async () => {
    const marker = await startMarker({ attach: 'clsact' })
    left.exec('tc', 'filter', 'add', 'dev', 'eth0', 'ingress', 'prio', '9', 'u32', 'match', 'u32', '0', '0')
    await marker.stop()
    expect(standing()).toEqual({ qdiscs: ['noqueue', 'clsact'], filters: [] })
    expect(clean({ removeQdisc: true })).toEqual({ filters: 0, qdisc: false })
    expect(left.exec('tc', 'filter', 'show', 'dev', 'eth0', 'ingress')).toContain('u32')
  })

  it('removed by somebody else together with our filter does not disturb a stop', async () => {
    const marker = await startMarker({ attach: 'clsact' })
    left.exec('tc', 'qdisc', 'del', 'dev', 'eth0', 'clsact')
    await marker.stop()
    expect(marker.lines.filter(({ level }) => level === 'error')).toEqual([])
  })
})

describe('filters', () => {
  it('takes the first free priority from 2 on', async () => {
    foreignFilter(2)
    foreignFilter(3)
    await startMarker({ attach: 'clsact' })
    expect(standing().filters).toEqual(['2 probe_count', '3 probe_count', '4 tidemark_marker'])
  })

  it.each(['tcx', 'clsact'] as const)('a leftover is removed by the next start, with %s', async attach => {
    const foreign = foreignFilter(9)
    const peer = newProbe().attach(right, 'ingress')
    const child = await markerProcess(left, { attach: 'clsact' }, [
      [{ ...flow, source: { ...flow.source, port: OTHER } }, 7],
    ])
    await child.kill()
    const marker = await startMarker({ attach })
    expect(marker.lines).toContainEqual({
      level: 'warn',
      message: 'removed what a crashed run had left',
      fields: { interface: 'eth0', filters: 1, qdisc: false },
    })
    expect(standing().filters).toEqual(attach === 'tcx' ? ['9 probe_count'] : ['2 tidemark_marker', '9 probe_count'])
    expect(await labelsAt(peer)).toEqual(MARKED)
    expect(peer.seen(DESTINATION).map(({ label }) => label)).not.toContain(7)
    expect(foreign.seen(DESTINATION).length).toBeGreaterThan(0)
  })

  it.each(['tcx', 'clsact'] as const)("flowd-go's leftover is told of, and a clean-up removes it: %s", async attach => {
    const object = join(folder, 'markerHandle')
    copyFileSync('test/support/bpf/probe.bpf.o', object)
    left.exec('tc', 'qdisc', 'add', 'dev', 'eth0', 'clsact')
    left.exec('tc', 'filter', 'add', 'dev', 'eth0', 'egress', 'prio', '1', 'bpf', 'da', 'obj', object, 'sec', 'tc')
    const foreign = foreignFilter(9)
    const marker = await startMarker({ attach })
    expect(marker.lines).toContainEqual({
      level: 'warn',
      message: expect.stringContaining("flowd-go's filter stands here") as string,
      fields: { interface: 'eth0', remedy: expect.stringContaining('marker clean --target-interface eth0') as string },
    })
    expect(standing().filters).toContain('1 markerHandle')
    await marker.stop()
    expect(clean({ removeQdisc: true })).toEqual({ filters: 1, qdisc: false })
    expect(standing()).toEqual({ qdiscs: ['noqueue', 'clsact'], filters: ['9 probe_count'] })
    foreign.close()
    expect((await startMarker({ attach })).lines.filter(({ level }) => level === 'warn')).toEqual([])
  })

  it('a leftover on an interface that is marked on no more is removed as well', async () => {
    const child = await markerProcess(left, { attach: 'clsact' }, [[flow, LABEL]])
    await child.kill()
    expect(standing().filters).toEqual(['2 tidemark_marker'])
    const marker = await startMarker({ targetInterfaces: ['lo'] })
    expect(standing()).toEqual({ qdiscs: ['noqueue'], filters: [] })
    expect(marker.lines).toContainEqual({
      level: 'warn',
      message: 'removed what a crashed run had left',
      fields: { interface: 'eth0', filters: 1, qdisc: true },
    })
  })

  it('one that took the place of ours is left alone', async () => {
    const marker = await startMarker({ attach: 'clsact' })
    left.exec('tc', 'filter', 'del', 'dev', 'eth0', 'egress', 'prio', '2')
    foreignFilter(2)
    await marker.stop()
    expect(standing()).toEqual({ qdiscs: ['noqueue', 'clsact'], filters: ['2 probe_count'] })
  })
})

describe('the filter that learns the path MTU', () => {
  const incoming = () =>
    inNetworkNamespace(left.path, () => {
      using socket = NetlinkSocket.open(NETLINK.ROUTE)
      const filters = listFilters(socket, linkOf('eth0').index, 'ingress')
      return filters.map(({ priority, bpfName }) => `${priority} ${bpfName.replace(/:.*/, '')}`)
    })

  it('is there where something is inserted, and goes with the marker', async () => {
    const inserting = await startMarker({ attach: 'clsact', markingStrategy: 'hopByHop' })
    expect([...standing().filters, ...incoming()]).toEqual(['2 tidemark_marker', '2 tidemark_mtu'])
    await inserting.stop()
    expect(standing()).toEqual({ qdiscs: ['noqueue'], filters: [] })
    await startMarker({ attach: 'clsact' })
    expect([...standing().filters, ...incoming()]).toEqual(['2 tidemark_marker'])
  })

  it('of a process that is killed is removed by a clean-up', async () => {
    const child = await markerProcess(left, { attach: 'clsact', markingStrategy: 'hopByHop' }, [[flow, LABEL]])
    await child.kill()
    expect(incoming()).toEqual(['2 tidemark_mtu'])
    expect(clean()).toEqual({ filters: 2, qdisc: true })
    expect(standing()).toEqual({ qdiscs: ['noqueue'], filters: [] })
  })
})

describe('an interface that goes away', () => {
  it.each(['tcx', 'clsact'] as const)('does not disturb a stop, with %s', async attach => {
    const marker = await startMarker({ attach })
    left.exec('ip', 'link', 'delete', 'eth0')
    await marker.stop()
    expect(marker.lines.filter(({ level }) => level === 'error')).toEqual([])
  })
})
