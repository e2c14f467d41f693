import { afterEach, describe, expect, it } from 'vitest'
import type { PrometheusOptions } from '../../../src/flowd/backends/prometheus/options.ts'
import { PrometheusBackend } from '../../../src/flowd/backends/prometheus/prometheus-backend.ts'
import type { Backend } from '../../../src/flowd/components.ts'
import { flowOf, startEvent } from '../../support/flowd/flows.ts'
import { EVERY_FIELD, sampleOf } from '../../support/flowd/samples.ts'
import { unitContext } from '../../support/flowd/unit-context.ts'
import { freePort } from '../../support/free-port.ts'
import { ask, NO_ACCESS_FILES } from '../../support/http-access.ts'
import { PrometheusProcess, promtoolComplaints } from '../../support/prometheus.ts'

const running: Backend[] = []
afterEach(async () => {
  for (const backend of running.splice(0)) await backend.stop()
})

async function start(change: Partial<PrometheusOptions>) {
  const [port, netlinkPort, skopsPort] = [await freePort(), await freePort(), await freePort()]
  const defaults = { maxFlowSeries: 100, legacyNames: false, log: true, bindAddress: '127.0.0.1' }
  const options = { ...NO_ACCESS_FILES, ...defaults, port, netlinkPort, skopsPort, ...change }
  const backend = new PrometheusBackend(options, unitContext())
  await backend.start()
  running.push(backend)
  const [own, netlink, skops] = [port, netlinkPort, skopsPort].map(at => `127.0.0.1:${at}`) as [string, string, string]
  return { backend, own, netlink, skops }
}

const flow = (sourcePort: number) => flowOf(startEvent(sourcePort))
const EVERYTHING = { bytesSent: 0, bytesReceived: 0, rttUs: 1500, segsOut: 0, segsIn: 0, totalRetrans: 0, rtoUs: 1 }

function sample(
  backend: PrometheusBackend,
  sourcePort: number,
  tcpInfo: Parameters<typeof sampleOf>[0],
  source = 'netlink',
) {
  const sample = sampleOf({ ...EVERYTHING, ...tcpInfo }, { source })
  backend.handle({ kind: 'sample', flow: flow(sourcePort), sample })
}

describe('a real Prometheus', () => {
  it('gets sums that go on when flows end, and series of flows that go with them', async () => {
    const { backend, own } = await start({})
    await using server = await PrometheusProcess.start({ own })
    for (const sourcePort of [1, 2]) backend.handle({ kind: 'start', flow: flow(sourcePort) })
    sample(backend, 1, { bytesSent: 1000, rttUs: 30_000 })
    sample(backend, 2, { bytesSent: 500 })
    const value = async (expression: string) => (await server.query(expression)).map(series => series.value)
    const sent = 'sum by (experiment, activity) (tidemark_activity_bytes_total{direction="sent"})'
    const patience = { timeout: 30_000, interval: 200 }
    await expect.poll(() => value(sent), patience).toEqual([1500])
    expect(await server.query(sent)).toEqual([
      { labels: { experiment: 'cms', activity: 'Analysis Input' }, value: 1500 },
    ])
    expect(await value('tidemark_flow_bytes_total{source_port="1", direction="sent"}')).toEqual([1000])
    expect(await value('tidemark_activity_flows{experiment_id="3", activity_id="14"}')).toEqual([2])
    expect(await value('up')).toEqual([1])
    sample(backend, 1, { bytesSent: 1700 })
    backend.handle({ kind: 'end', flow: flow(1), reason: 'event' })
    await expect.poll(() => value(sent), patience).toEqual([2200])
    expect(await value('tidemark_flow_bytes_total{source_port="1"}')).toEqual([])
    expect(await value('tidemark_activity_flows')).toEqual([1])
    await expect
      .poll(() => value('increase(tidemark_activity_bytes_total{direction="sent"}[1m]) > 0'), patience)
      .toHaveLength(1)
    const [median] = await value('histogram_quantile(0.5, tidemark_activity_rtt_seconds_bucket)')
    expect(median).toBeGreaterThan(0.001)
    expect(median).toBeLessThanOrEqual(0.002)
  })

  it('gets what flowd-go shows, under its names', async () => {
    const { backend, netlink, skops } = await start({ legacyNames: true })
    await using server = await PrometheusProcess.start({ netlink, skops })
    sample(backend, 1, { rttUs: 30_000, retrans: 3 })
    sample(backend, 1, { rttUs: 31_000, retrans: 2 })
    sample(backend, 2, { rttUs: 77 }, 'skops')
    const patience = { timeout: 30_000, interval: 200 }
    await expect.poll(() => server.query('flow_tcp_rtt'), patience).toHaveLength(2)
    expect(await server.query('flow_tcp_retrans')).toEqual([
      {
        labels: {
          __name__: 'flow_tcp_retrans',
          instance: netlink,
          job: 'netlink',
          act: '14',
          exp: '3',
          src: '2001:db8::1',
          dst: '2001:db8::2',
          flow: '<1:5777>',
          flavour: 'Netlink',
        },
        value: 2,
      },
    ])
    expect(await server.query('flow_tcp_rtt{flavour="Ebpf"}')).toMatchObject([
      { labels: { job: 'skops', flow: '<2:5777>' }, value: 77 },
    ])
  })
})

describe('promtool', () => {
  const scrape = async (target: string) => (await ask(`http://${target}/metrics`)).text

  it('finds nothing to say of our names', async () => {
    const { backend, own } = await start({})
    backend.handle({ kind: 'start', flow: flow(1) })
    sample(backend, 1, EVERY_FIELD)
    const text = await scrape(own)
    expect(text).toContain('tidemark_flow_sender_limited_seconds_total')
    expect(promtoolComplaints(text)).toEqual([])
  })

  it('dislikes only the names of flowd-go that end like a counter', async () => {
    const { backend, netlink } = await start({ legacyNames: true })
    sample(backend, 1, EVERY_FIELD)
    const disliked = [
      'bytes_acked',
      'bytes_received',
      'bytes_sent',
      'data_segs_in',
      'data_segs_out',
      'segs_in',
      'segs_out',
    ]
    expect(promtoolComplaints(await scrape(netlink))).toEqual(
      disliked.map(name => `flow_tcp_${name}_total non-counter metrics should not have "_total" suffix`),
    )
  })
})
