import { WatchHub } from '../../src/collector/api/index.ts'
import { AMQP_PORT, SOURCE_TIMERS, systemClock, VanIngest } from '../../src/collector/ingest/index.ts'
import { CollectorMetrics, exportHttpCounts } from '../../src/collector/metrics/index.ts'
import { Metrics, silentLogger } from '../../src/common/index.ts'
import { exampleNetwork, tellConnections } from './example-van.ts'
import { familiesOf, familyTable } from './metric-families.ts'

/**
 * `docs/reference/metrics-collector.md`: every family that `/metrics` has, from a scrape to which all of them have
 * something to say.
 */
export async function collectorMetricsPage(): Promise<string> {
  const families = familiesOf(await scrape())
  const ofNetwork = families.filter(({ name }) => name.startsWith('skupper_'))
  const own = families.filter(({ name }) => name.startsWith('tidemark_'))
  return [
    '# Metrics of the collector',
    '',
    'What `/metrics` on port 8010 of the collector says, in the Prometheus text format.',
    '',
    '## The network',
    '',
    "Names and labels are those of Skupper's network-observer, so its dashboards hold.",
    '',
    ...familyTable(ofNetwork),
    '',
    'A connection counts once its processes, sites and service are known, or after 15 s; bytes that it moved until then are not lost. A process that nobody reports is called',
    '`site-client-HOST-SITE` or `site-server-HOST-SITE`. Counts never fall: what a router tells out of order is ignored. Beyond 10,000 series of a family everything else is counted in one',
    'series whose labels are `other`; a series without connections is forgotten after an hour.',
    '',
    'The network-observer also exports `legacy_flow_latency_microseconds` and four metrics of its own workings (`skupper_internal_collector_job_seconds`,',
    '`skupper_internal_flow_processing_seconds`, `skupper_internal_queue_utilization_percentage`, `skupper_internal_pending_flows`); these are not here.',
    '',
    '## The collector itself',
    '',
    'What a stage received is what it passed on, plus what it dropped by cause, plus what waits.',
    '',
    ...familyTable(own),
    '',
  ].join('\n')
}

async function scrape(): Promise<string> {
  const van = exampleNetwork()
  // One series a metric, so that refused ones are told of, too.
  const metrics = new Metrics({ prefix: 'tidemark_collector', maxSeries: 1 })
  const endpoint = { host: 'localhost', port: AMQP_PORT, sasl: {}, origin: 'the defaults' }
  const connection = { credit: 1, idleTimeoutMs: 1, openTimeoutMs: 1, firstDelayMs: 1, longestDelayMs: 1 }
  const inbox = { maxMessages: 1, maxBytes: 1 }
  // Never started: it is made for its metrics.
  const ingest = new VanIngest(
    { endpoint, connection, inbox, timers: SOURCE_TIMERS, maxSources: 1 },
    { port: van.graph, clock: systemClock, metrics, log: silentLogger },
  )
  const collector = new CollectorMetrics({ view: van.view, hub: new WatchHub(van.api), metrics })
  await collector.start()
  tellConnections(van)
  van.tell('LINK', 'fz6wq:1', { downCount: 1 })
  ingest.counters.messages.drop('inbox-full')
  ingest.counters.countFlush('first')
  ingest.counters.countFlush('gap')
  ingest.counters.countProblems({ 'unknown-attribute': 1 })
  ingest.counters.tellUp({ id: 'fz6wq:0', type: 'ROUTER' }, true)
  exportHttpCounts(metrics, () => ({ connections: 0, turnedAway: 0, unauthorized: 0 }))
  metrics.gauge('tidemark_collector_van_sources', '', ['phase']).labels({ phase: 'live' }).set(1)
  let text = ''
  for await (const block of collector.blocks()) text += block
  await collector.stop()
  return text
}
