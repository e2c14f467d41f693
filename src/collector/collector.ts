import { isDeepStrictEqual } from 'node:util'
import { type Logger, Metrics, type Service, ServiceGroup } from '../common/index.ts'
import { ApiServer, type Readiness, WATCH_DEFAULTS, WatchHub } from './api/index.ts'
import { type Cap, CapWarnings } from './cap-warnings.ts'
import { connectionOptions, ingestOptions, retentionLimits } from './component-options.ts'
import type { CollectorConfiguration } from './configuration.ts'
import { Expiry } from './expiry.ts'
import { Graph } from './graph/index.ts'
import { V1alpha1Projection } from './graph/v1alpha1/index.ts'
import { type Clock, endpointUrl, type RouterEndpoint, systemClock, VanIngest } from './ingest/index.ts'
import { CollectorMetrics, exportHttpCounts } from './metrics/index.ts'

export interface CollectorSetup {
  configuration: CollectorConfiguration
  router: RouterEndpoint
  log: Logger
  /** The host's clock when absent. */
  clock?: Clock
}

/** What a reload of the configuration did. */
export interface Reloaded {
  /** The sections that changed and are in force. */
  changes: string[]
  /** The sections that changed in the file, and change here only by a restart. */
  fixed: string[]
}

/** The sections that a reload can change. */
const LIVE_SECTIONS: ReadonlySet<string> = new Set(['amqp', 'retention'])

/** The collector as a whole: ingest writes the graph, the API reads it. */
export class Collector implements Service {
  readonly graph: Graph
  readonly metrics = new Metrics({ prefix: 'tidemark_collector', processMetrics: true })
  readonly ingest: VanIngest
  readonly #api: ApiServer
  #configuration: CollectorConfiguration
  #router: RouterEndpoint
  readonly #services: ServiceGroup

  constructor({ configuration, router, log, clock = systemClock }: CollectorSetup) {
    const { http, retention } = configuration
    this.#configuration = configuration
    this.#router = router
    this.graph = new Graph({ nowUs: () => clock.nowUs(), ...retentionLimits(retention) })
    this.ingest = new VanIngest(ingestOptions(configuration, router), {
      port: this.graph,
      clock,
      metrics: this.metrics,
      log,
    })
    const { view } = this.graph
    const projection = new V1alpha1Projection(view)
    const hub = new WatchHub(projection, { ...WATCH_DEFAULTS, maxWatchers: http.maxWatchers })
    const metrics = new CollectorMetrics({ view, hub, metrics: this.metrics })
    this.#api = new ApiServer({
      host: http.bindAddress,
      port: http.bindPort,
      access: http,
      cors: http.cors,
      projection,
      hub,
      metrics,
      readiness: () => this.readiness(),
      log,
    })
    exportHttpCounts(this.metrics, () => this.#api.counts)
    const expiry = new Expiry(this.graph, clock)
    const capWarnings = new CapWarnings(this.#caps(), clock, log)
    this.#services = new ServiceGroup([metrics, this.#api, expiry, this.ingest, capWarnings], log)
  }

  /** Where the API listens, as a URL; only while started. */
  get address(): string {
    return this.#api.address
  }

  /** The router that is read. */
  get router(): RouterEndpoint {
    return this.#router
  }

  /** @throws TidemarkError ADDRESS_IN_USE */
  async start(): Promise<void> {
    await this.#services.start()
  }

  async stop(): Promise<void> {
    await this.#services.stop()
  }

  /** Takes up what of a configuration can change while the collector runs; records and watchers live on. */
  reload(configuration: CollectorConfiguration, router: RouterEndpoint): Reloaded {
    const before = this.#configuration
    const sections = Object.keys(configuration) as (keyof CollectorConfiguration)[]
    const changed = sections.filter(name => !isDeepStrictEqual(configuration[name], before[name]))
    const isElsewhere = !isDeepStrictEqual(router, this.#router)
    if (isElsewhere && !changed.includes('amqp')) changed.push('amqp')
    const { amqp, retention } = configuration
    this.#configuration = { ...before, amqp, retention }
    this.#router = router
    if (changed.includes('retention')) this.graph.retain(retentionLimits(retention))
    if (changed.includes('amqp')) this.ingest.turnTo(router, connectionOptions(amqp))
    return {
      changes: changed.filter(name => LIVE_SECTIONS.has(name)),
      fixed: changed.filter(name => !LIVE_SECTIONS.has(name)),
    }
  }

  #caps(): Cap[] {
    const { messages } = this.ingest.counters
    return [
      {
        code: 'STORE_FULL',
        limit: () => this.#configuration.retention.maxBytes,
        refused: () => this.graph.view.statistics().outcomes.capped,
      },
      {
        code: 'INBOX_FULL',
        limit: () => this.#configuration.limits.inboxMessages,
        refused: () => messages.dropped('inbox-full'),
      },
      {
        code: 'SOURCES_FULL',
        limit: () => this.#configuration.sources.maxSources,
        refused: () => messages.dropped('source-limit'),
      },
    ]
  }

  /** Whether the network is seen: the router is connected, and tells of its sources. */
  readiness(): Readiness {
    const { connected, problem, sources: phases } = this.ingest.status
    const url = endpointUrl(this.#router)
    const sources = { live: phases.live, stale: phases.stale }
    if (!connected || problem !== undefined) {
      return { isReady: false, reason: problem ?? `connecting to ${url}`, sources }
    }
    const silent = sources.stale === 0 ? '' : `, ${sources.stale} silent`
    return { isReady: true, reason: `connected to ${url}, ${sources.live} sources live${silent}`, sources }
  }
}
