import { createServer, type Server } from 'node:net'
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { describeBackend } from '../../../../test/support/flowd/backend-conformance.ts'
import { endEvent, flowOf, startEvent, tuple } from '../../../../test/support/flowd/flows.ts'
import { sampleOf } from '../../../../test/support/flowd/samples.ts'
import { unitContext } from '../../../../test/support/flowd/unit-context.ts'
import { freePort } from '../../../../test/support/free-port.ts'
import { ask, NO_ACCESS_FILES } from '../../../../test/support/http-access.ts'
import { REGISTRY_SNAPSHOT, Registry } from '../../../scitags/index.ts'
import type { Backend } from '../../components.ts'
import type { FlowChange } from '../../flow.ts'
import type { TcpSample } from '../../sample.ts'
import { prometheus } from './index.ts'
import type { PrometheusOptions } from './options.ts'
import { PrometheusBackend } from './prometheus-backend.ts'

/** Later than the start of any backend here. */
const START_US = 4_000_000_000_500_000

let [port, legacyNetlink, legacySkops] = [0, 0, 0]
beforeAll(async () => {
  port = await freePort()
  legacyNetlink = await freePort()
  legacySkops = await freePort()
})

const options = (change: Partial<PrometheusOptions> = {}): PrometheusOptions => ({
  ...NO_ACCESS_FILES,
  bindAddress: '127.0.0.1',
  port,
  maxFlowSeries: 1000,
  legacyNames: false,
  netlinkPort: legacyNetlink,
  skopsPort: legacySkops,
  log: true,
  ...change,
})

const scrape = async (at = port) => (await ask(`http://127.0.0.1:${at}/metrics`)).text

/** The value of the one line of a family whose labels have all these. */
function value(text: string, family: string, ...labels: string[]): number | undefined {
  const lines = text
    .split('\n')
    .filter(line => line.startsWith(`${family}{`) && labels.every(label => line.includes(label)))
  expect(lines.length, `lines of ${family} with ${labels}`).toBeLessThan(2)
  return lines[0] === undefined ? undefined : Number(lines[0].slice(lines[0].lastIndexOf(' ') + 1))
}

describeBackend('prometheus', {
  create: context => prometheus.create(options(), context),
  async check(handled) {
    const live = new Map<string, FlowChange>()
    for (const change of handled) {
      if (change.kind === 'end') live.delete(change.flow.key)
      else live.set(change.flow.key, change)
    }
    const text = await scrape()
    const shown = [...text.matchAll(/^tidemark_flow_start_time_seconds\{.*\} (.*)$/gm)]
    expect(shown).toHaveLength(live.size)
    const sum = [...text.matchAll(/^tidemark_activity_flows\{.*\} (.*)$/gm)].reduce(
      (all, line) => all + Number(line[1]),
      0,
    )
    expect(sum).toBe(live.size)
  },
  checkGone: () => expect(scrape()).rejects.toThrow('ECONNREFUSED'),
})

describe('the backend prometheus', () => {
  const running: Backend[] = []
  const listening: Server[] = []
  afterEach(async () => {
    for (const backend of running.splice(0)) await backend.stop()
    for (const server of listening.splice(0)) server.close()
  })

  async function start(change: Partial<PrometheusOptions> = {}, registry?: Registry) {
    const context = unitContext()
    if (registry !== undefined) context.registry = { current: registry }
    const backend = new PrometheusBackend(options(change), context)
    await backend.start()
    running.push(backend)
    const sample = (sourcePort: number, sample: TcpSample) =>
      backend.handle({ kind: 'sample', flow: flow(sourcePort), sample })
    return { backend, context, sample }
  }

  const flow = (sourcePort: number) => flowOf(startEvent(sourcePort, { startTimeUs: START_US }))
  const starting = (sourcePort: number): FlowChange => ({ kind: 'start', flow: flow(sourcePort) })
  const ending = (sourcePort: number): FlowChange => ({ kind: 'end', flow: flow(sourcePort), reason: 'event' })

  it('sums by experiment and activity, over flows that live and that ended', async () => {
    const { backend, sample } = await start()
    for (const sourcePort of [1, 2]) backend.handle(starting(sourcePort))
    sample(1, sampleOf({ bytesSent: 1000, bytesReceived: 10, rttUs: 30_000, segsOut: 4, segsIn: 3 }))
    sample(2, sampleOf({ bytesSent: 500, bytesRetrans: 100, bytesReceived: 1, rttUs: 150, totalRetrans: 2 }))
    backend.handle(ending(1))
    sample(2, sampleOf({ bytesSent: 700, bytesRetrans: 100, bytesReceived: 1, rttUs: 250, totalRetrans: 2 }))
    const text = await scrape()
    const cms = ['experiment="cms",experiment_id="3",activity="Analysis Input",activity_id="14",interface="unknown"']
    expect(value(text, 'tidemark_activity_flows', ...cms)).toBe(1)
    expect(value(text, 'tidemark_activity_flows_started_total', ...cms)).toBe(2)
    expect(value(text, 'tidemark_activity_bytes_total', ...cms, 'direction="sent"')).toBe(1600)
    expect(value(text, 'tidemark_activity_bytes_total', ...cms, 'direction="received"')).toBe(11)
    expect(value(text, 'tidemark_activity_segments_total', ...cms, 'direction="sent"')).toBe(4)
    expect(value(text, 'tidemark_activity_retransmitted_bytes_total', ...cms)).toBe(100)
    expect(value(text, 'tidemark_activity_retransmitted_segments_total', ...cms)).toBe(2)
    expect(value(text, 'tidemark_activity_rtt_seconds_bucket', ...cms, 'le="0.0002"')).toBe(1)
    expect(value(text, 'tidemark_activity_rtt_seconds_bucket', ...cms, 'le="0.05"')).toBe(3)
    expect(value(text, 'tidemark_activity_rtt_seconds_bucket', ...cms, 'le="+Inf"')).toBe(3)
    expect(value(text, 'tidemark_activity_rtt_seconds_sum', ...cms)).toBeCloseTo(0.0304)
    expect(value(text, 'tidemark_activity_rtt_seconds_count', ...cms)).toBe(3)
  })

  it('shows each flow under its names and ports, in base units, until it ends', async () => {
    const { backend, sample } = await start()
    backend.handle(starting(2345))
    const told = {
      bytesSent: 1000,
      bytesReceived: 10,
      rttUs: 30_000,
      minRttUs: 125,
      busyTimeUs: 2_500_000,
      sndCwnd: 17,
    }
    sample(2345, sampleOf(told, { congestion: 'bbr' }))
    const text = await scrape()
    const labels = [
      'experiment="cms",activity="Analysis Input",protocol="tcp"',
      'source="2001:db8::1",source_port="2345"',
    ]
    labels.push('destination="2001:db8::2",destination_port="5777",interface="unknown"')
    expect(value(text, 'tidemark_flow_start_time_seconds', ...labels)).toBe(START_US / 1e6)
    expect(value(text, 'tidemark_flow_bytes_total', ...labels, 'direction="sent"')).toBe(1000)
    expect(value(text, 'tidemark_flow_rtt_seconds', ...labels)).toBe(0.03)
    expect(value(text, 'tidemark_flow_rtt_minimum_seconds', ...labels)).toBe(0.000125)
    expect(value(text, 'tidemark_flow_busy_seconds_total', ...labels)).toBe(2.5)
    expect(value(text, 'tidemark_flow_congestion_window_segments', ...labels)).toBe(17)
    expect(value(text, 'tidemark_flow_congestion_info', ...labels, 'algorithm="bbr"')).toBe(1)
    // The kernel did not tell it, so nothing is said.
    expect(value(text, 'tidemark_flow_pacing_rate_bytes_per_second', ...labels)).toBeUndefined()
    backend.handle(ending(2345))
    expect(await scrape()).not.toContain('source_port="2345"')
  })

  it('counts what events told of flows that nobody samples, also with their end alone', async () => {
    const { backend } = await start()
    const usage = { sentBytes: 70, receivedBytes: 7 }
    const nowUs = Date.now() * 1000
    backend.handle({ kind: 'end', flow: flowOf(endEvent(1, { startTimeUs: nowUs, usage })), reason: 'event' })
    // It began before anything was counted here.
    backend.handle({ kind: 'end', flow: flowOf(endEvent(2, { startTimeUs: 1, usage })), reason: 'event' })
    const text = await scrape()
    expect(value(text, 'tidemark_activity_bytes_total', 'direction="sent"')).toBe(70)
    expect(value(text, 'tidemark_activity_flows')).toBe(0)
    expect(value(text, 'tidemark_activity_flows_started_total')).toBe(1)
  })

  it('counts what the kernel told of a socket at the end, whatever an event says', async () => {
    const { backend, sample } = await start()
    backend.handle(starting(1))
    sample(1, sampleOf({ bytesSent: 1000, bytesReceived: 10 }))
    const usage = { sentBytes: 1234, receivedBytes: 11 }
    backend.handle({
      kind: 'end',
      flow: { ...flow(1), socketUsage: usage, usage: { sentBytes: 9, receivedBytes: 9 } },
      reason: 'event',
    })
    expect(value(await scrape(), 'tidemark_activity_bytes_total', 'direction="sent"')).toBe(1234)
  })

  it('counts the flows of one socket each for itself', async () => {
    const { backend, sample } = await start()
    const usageBefore = { sentBytes: 1_000_000, receivedBytes: 10 }
    backend.handle({ kind: 'start', flow: { ...flow(1), usageBefore } })
    sample(1, sampleOf({ bytesSent: 1_000_500, bytesReceived: 10, segsOut: 700 }))
    sample(1, sampleOf({ bytesSent: 1_000_900, bytesReceived: 10, segsOut: 701 }))
    const text = await scrape()
    expect(value(text, 'tidemark_activity_bytes_total', 'direction="sent"')).toBe(900)
    expect(value(text, 'tidemark_activity_segments_total', 'direction="sent"')).toBe(1)
    expect(value(text, 'tidemark_flow_bytes_total', 'direction="sent"')).toBe(900)
  })

  it('counts new flows also when the clock is set back', async () => {
    const { backend, sample } = await start()
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() - 3_600_000 })
    backend.handle({ kind: 'start', flow: flowOf(startEvent(1)) })
    sample(1, sampleOf({ bytesSent: 500, bytesReceived: 10 }))
    vi.useRealTimers()
    expect(value(await scrape(), 'tidemark_activity_flows_started_total')).toBe(1)
  })

  it('does not count anew what a flow moved before', async () => {
    const { backend, sample } = await start()
    backend.handle({ kind: 'resume', flow: flow(1) })
    sample(1, sampleOf({ bytesSent: 1_000_000, bytesReceived: 0 }))
    sample(1, sampleOf({ bytesSent: 1_000_500, bytesReceived: 0 }))
    const text = await scrape()
    expect(value(text, 'tidemark_activity_bytes_total', 'direction="sent"')).toBe(500)
    expect(value(text, 'tidemark_flow_bytes_total', 'direction="sent"')).toBe(1_000_500)
    expect(value(text, 'tidemark_activity_flows_started_total')).toBe(0)
  })

  it('keeps to the cap, says how many it refused, and gives room to those that waited', async () => {
    const { backend, sample } = await start({ maxFlowSeries: 2 })
    for (const sourcePort of [1, 2, 3]) backend.handle(starting(sourcePort))
    for (let round = 0; round < 3; round += 1) sample(3, sampleOf({ bytesSent: 30, bytesReceived: 0 }))
    const full = await scrape()
    expect(full).not.toContain('source_port="3"')
    expect(full).toContain('tidemark_flowd_prometheus_flows 2\n')
    expect(full).toContain('tidemark_flowd_prometheus_flows_refused_total 1\n')
    expect(value(full, 'tidemark_activity_bytes_total', 'direction="sent"')).toBe(30)
    backend.handle(ending(1))
    sample(3, sampleOf({ bytesSent: 40, bytesReceived: 0 }))
    expect(value(await scrape(), 'tidemark_flow_bytes_total', 'source_port="3"', 'direction="sent"')).toBe(40)
  })

  it('counts activities without end under one name', async () => {
    const { backend } = await start({ maxFlowSeries: 0 })
    for (let id = 0; id < 2500; id += 1) {
      const ids = { experiment: id % 1024, activity: Math.floor(id / 1024) }
      backend.handle({ kind: 'start', flow: flowOf(startEvent(id + 1, ids)) })
    }
    const text = await scrape()
    expect(text.match(/^tidemark_activity_flows\{/gm)).toHaveLength(2001)
    expect(value(text, 'tidemark_activity_flows', 'experiment="other"')).toBe(500)
    expect(text).toContain('tidemark_flowd_prometheus_activities_refused_total 500\n')
    expect(text).toContain('tidemark_flowd_prometheus_flows_refused_total 0\n')
  })

  it('tells how the daemon itself does, and answers probes', async () => {
    const { context } = await start()
    context.metrics.counter('tidemark_flowd_something_total', 'Something.').labels({}).inc(7)
    expect(await scrape()).toContain('tidemark_flowd_something_total 7\n')
    expect((await ask(`http://127.0.0.1:${port}/readyz`)).status).toBe(200)
    const { headers } = await ask(`http://127.0.0.1:${port}/metrics`)
    expect(headers['content-type']).toMatch(/^text\/plain; version=0\.0\.4/)
  })

  it('escapes names that the registry has', async () => {
    const { experiments } = REGISTRY_SNAPSHOT
    const odd = experiments.map(one => (one.expId === 3 ? { ...one, expName: 'a "b"\\\n' } : one))
    const { backend } = await start({}, new Registry({ ...REGISTRY_SNAPSHOT, experiments: odd }))
    backend.handle(starting(1))
    expect(await scrape()).toContain('experiment="a \\"b\\"\\\\\\n"')
  })

  it('is not started where the port is taken', async () => {
    const server = createServer().listen(port, '127.0.0.1')
    listening.push(server)
    await new Promise(resolve => server.once('listening', resolve))
    await expect(start()).rejects.toMatchObject({ code: 'ADDRESS_IN_USE' })
  })

  it('is not started beyond loopback without a guard', async () => {
    await expect(start({ bindAddress: '0.0.0.0' })).rejects.toMatchObject({ code: 'HTTP_UNGUARDED', exitCode: 78 })
    await start({ bindAddress: '0.0.0.0', access: 'open' })
  })

  it('is silent with log: false', async () => {
    const { context } = await start({ log: false })
    expect(context.lines).toEqual([])
    const spoken = await start({ port: await freePort() })
    expect(spoken.context.lines.map(({ message }) => message)).toEqual(['metrics of flows are served'])
  })

  describe('with the names of flowd-go', () => {
    const legacy = { legacyNames: true }

    it('shows on two ports what each enricher read, flows by their ports', async () => {
      const { backend, sample } = await start(legacy)
      for (const sourcePort of [1, 2]) backend.handle(starting(sourcePort))
      sample(1, sampleOf({ rttUs: 30_000, retrans: 3 }))
      sample(1, sampleOf({ rttUs: 31_000, retrans: 2, rcvMss: 536, lastAckRecvMs: 12, lastAckSentMs: 0 }))
      sample(2, sampleOf({ rttUs: 77, bytesSent: 5 }, { source: 'skops', congestion: undefined }))
      const [netlink, skops] = [await scrape(legacyNetlink), await scrape(legacySkops)]
      const labels = ['act="14"', 'exp="3"', 'src="2001:db8::1"', 'dst="2001:db8::2"', 'flow="<1:5777>"']
      expect(value(netlink, 'flow_tcp_rtt', ...labels, 'flavour="Netlink"')).toBe(31_000)
      expect(value(netlink, 'flow_tcp_retrans', ...labels)).toBe(2)
      expect(value(netlink, 'flow_tcp_rcvmss', ...labels)).toBe(536)
      expect(value(netlink, 'flow_tcp_lastack', ...labels)).toBe(12)
      expect(value(netlink, 'flow_tcp_rcv_ca_info', ...labels, 'alg="cubic"')).toBe(1)
      expect(netlink).not.toContain('<2:5777>')
      expect(value(skops, 'flow_tcp_rtt', 'flow="<2:5777>"', 'flavour="Ebpf"')).toBe(77)
      expect(value(skops, 'flow_tcp_rcv_ca_info')).toBeUndefined()
      expect(skops).not.toContain('<1:5777>')
      backend.handle(ending(1))
      expect(await scrape(legacyNetlink)).not.toContain('<1:5777>')
    })

    it('has a port 0 turn one of them off, and warns when both are', async () => {
      await start({ ...legacy, skopsPort: 0 })
      expect(await scrape(legacyNetlink)).toContain('# TYPE flow_tcp_rtt gauge\n')
      await expect(scrape(legacySkops)).rejects.toThrow('ECONNREFUSED')
      const { backend, context } = await start({ ...legacy, netlinkPort: 0, skopsPort: 0 })
      backend.handle(starting(1))
      expect(context.lines.map(({ level }) => level)).toEqual(['warn'])
    })

    it('lets go of the first port when the second is taken', async () => {
      const server = createServer().listen(legacySkops, '127.0.0.1')
      listening.push(server)
      await new Promise(resolve => server.once('listening', resolve))
      await expect(start(legacy)).rejects.toMatchObject({ code: 'ADDRESS_IN_USE' })
      await expect(scrape(legacyNetlink)).rejects.toThrow('ECONNREFUSED')
    })

    it('keeps to the cap', async () => {
      const { sample, context } = await start({ ...legacy, maxFlowSeries: 1 })
      for (const sourcePort of [1, 2]) sample(sourcePort, sampleOf({ rttUs: 1 }))
      expect(await scrape(legacyNetlink)).not.toContain('<2:5777>')
      expect(await context.metrics.text()).toContain('tidemark_flowd_prometheus_flows_refused_total 1\n')
    })
  })

  it('knows flows of IPv4 and of this host', async () => {
    const { backend } = await start()
    backend.handle({ kind: 'start', flow: flowOf(startEvent(9, { flow: tuple(9, '127.0.0.1', '192.0.2.1') })) })
    expect(await scrape()).toMatch(/tidemark_flow_start_time_seconds\{.*source="127.0.0.1".*interface="lo"\}/)
  })
})
