import { once } from 'node:events'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { tupleOf } from '../../support/five-tuple.ts'
import { MarkerInNamespace, pairIsUp } from '../../support/marker-in-namespace.ts'
import { Laboratory, type TestNamespace } from '../../support/namespace.ts'
import { Probe } from '../../support/probe.ts'

/**
 * A real transfer over veth. The packets are counted by a program on the ingress of the receiver, so each one that was
 * on the wire is counted, by the label that it had there.
 */
const LABEL = 0x30038
const PORT = 5201
const SOURCE_PORT = 40_001
/** What a frame can have at most without IPv6 BIG TCP: Ethernet and IPv6 headers and 65,535 bytes. */
const LARGEST_WITHOUT_BIG_TCP = 14 + 40 + 65_535

const laboratory = new Laboratory()
let left: TestNamespace
let right: TestNamespace
let probe: Probe
beforeAll(async () => {
  ;({ left, right } = laboratory.pair())
  await pairIsUp(left, right)
  probe = new Probe().attach(right, 'ingress')
})
afterAll(async () => {
  probe.close()
  await laboratory.close()
})

/** One transfer from SOURCE_PORT; iperf3's own control connection comes from another port and is not declared. */
async function transfer(bytes: string): Promise<void> {
  const server = right.spawn('iperf3', ['-s', '-1', '-p', String(PORT), '--forceflush'])
  await once(server.stdout!, 'data')
  left.exec('iperf3', '-6', '-c', '2001:db8:1::2', '-p', String(PORT), '--cport', String(SOURCE_PORT), '-n', bytes)
  await once(server, 'exit')
}

async function wirePackets(bytes: string) {
  probe.reset()
  await transfer(bytes)
  const rows = probe.seen(PORT)
  const declared = rows.filter(({ sourcePort }) => sourcePort === SOURCE_PORT)
  const others = rows.filter(({ sourcePort }) => sourcePort !== SOURCE_PORT)
  return { declared, others, largest: Math.max(...rows.map(row => row.largest)) }
}

describe.each(['tcx', 'clsact'] as const)('a transfer marked by %s', attach => {
  async function marked(bytes: string) {
    const marker = await MarkerInNamespace.start(left, { attach })
    const source = { source: '2001:db8:1::1', sourcePort: SOURCE_PORT }
    marker.mark(tupleOf({ ...source, destination: '2001:db8:1::2', destinationPort: PORT }), LABEL)
    const seen = await wirePackets(bytes)
    const counts = marker.marker.packets
    await marker.stop()
    return { ...seen, counts }
  }

  it('with IPv6 BIG TCP: every packet of the flow carries the label, none of others', async () => {
    configure({ gsoMaxBytes: 200_000, offloads: 'on' })
    const { declared, others, largest, counts } = await marked('300M')
    expect(largest).toBeGreaterThan(LARGEST_WITHOUT_BIG_TCP)
    expect(declared.map(({ label }) => label)).toEqual([LABEL])
    expect(declared[0]?.packets).toBe(counts.marked)
    expect(others.length).toBeGreaterThan(0)
    expect(others.map(({ label }) => label)).not.toContain(LABEL)
  })

  it('with offloads off: every packet of the flow carries the label, none of others', async () => {
    configure({ gsoMaxBytes: 65_536, offloads: 'off' })
    const { declared, others, largest, counts } = await marked('20M')
    expect(largest).toBeLessThanOrEqual(1514)
    expect(declared.map(({ label }) => label)).toEqual([LABEL])
    // TCP hands over super-packets all the same; the kernel cuts them up behind the hook.
    expect(declared[0]?.packets).toBeGreaterThan(5000)
    expect(counts.marked).toBeGreaterThan(0)
    expect(others.length).toBeGreaterThan(0)
    expect(others.map(({ label }) => label)).not.toContain(LABEL)
  })
})

function configure({ gsoMaxBytes, offloads }: { gsoMaxBytes: number; offloads: 'on' | 'off' }): void {
  for (const end of [left, right]) {
    end.exec('ip', 'link', 'set', 'eth0', 'gso_max_size', String(gsoMaxBytes))
    end.exec('ethtool', '-K', 'eth0', 'tso', offloads, 'gso', offloads, 'gro', offloads)
  }
}
