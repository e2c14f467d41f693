import { isDeepStrictEqual } from 'node:util'
import { type Logger, Metrics, type Service, ServiceGroup } from '../common/index.ts'
import { ApiServer, type Readiness, WATCH_DEFAULTS, WatchHub } from './api/index.ts'
import type { CollectorConfiguration } from './configuration.ts'
import { Graph, type RetentionLimits } from './graph/index.ts'
import { V1alpha1Projection } from './graph/v1alpha1/index.ts'
import {
  type Clock,
  endpointUrl,
  type RouterEndpoint,
  SOURCE_TIMERS,
  systemClock,
  VanIngest,
  type VanIngestOptions,
} from './ingest/index.ts'
import { CollectorMetrics, exportHttpCounts } from './metrics/index.ts'

export interface CollectorSetup {
  configuration: CollectorConfiguration
  router: RouterEndpoint
  log: Logger
  /** The host's clock when absent. */
  clock?: Clock
}

/** How often ended records are looked through for those that are due, and how many are evicted in one go. */
const EXPIRE_MS = 1000
const EXPIRE_MOST = 20_000

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
    this.ingest = createIngest(configuration, router, { port: this.graph, clock, metrics: this.metrics, log })
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
    this.#services = new ServiceGroup([metrics, this.#api, new Expiry(this.graph, clock), this.ingest])
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

  /** Whether the network is seen: the router is connected. */
  readiness(): Readiness {
    const { connected, problem, sources: phases } = this.ingest.status
    const url = endpointUrl(this.#router)
    const sources = { live: phases.live, stale: phases.stale }
    if (!connected) return { isReady: false, reason: problem ?? `connecting to ${url}`, sources }
    const silent = sources.stale === 0 ? '' : `, ${sources.stale} silent`
    return { isReady: true, reason: `connected to ${url}, ${sources.live} sources live${silent}`, sources }
  }
}

function retentionLimits(retention: CollectorConfiguration['retention']): RetentionLimits {
  const { endedMinutes, maxEndedRecords, maxBytes } = retention
  return { endedMaxAgeMs: endedMinutes * 60_000, endedMaxCount: maxEndedRecords, maxBytes }
}

function connectionOptions(amqp: CollectorConfiguration['amqp']): VanIngestOptions['connection'] {
  return {
    credit: amqp.credit,
    idleTimeoutMs: amqp.idleTimeoutSeconds * 1000,
    openTimeoutMs: amqp.openTimeoutSeconds * 1000,
    firstDelayMs: 250,
    longestDelayMs: amqp.longestRetrySeconds * 1000,
  }
}

function createIngest(
  { amqp, sources, limits }: CollectorConfiguration,
  endpoint: RouterEndpoint,
  context: ConstructorParameters<typeof VanIngest>[1],
): VanIngest {
  const options = {
    endpoint,
    connection: connectionOptions(amqp),
    inbox: { maxMessages: limits.inboxMessages, maxBytes: limits.inboxBytes },
    timers: {
      ...SOURCE_TIMERS,
      staleAfterMs: sources.staleAfterSeconds * 1000,
      goneAfterMs: sources.goneAfterSeconds * 1000,
      flushIntervalMs: sources.flushIntervalSeconds * 1000,
      periodicFlushMs: sources.periodicFlushSeconds * 1000,
    },
    maxSources: sources.maxSources,
  }
  return new VanIngest(options, context)
}

/** Lets ended records expire, a bounded number at a time. */
class Expiry implements Service {
  readonly #graph: Graph
  readonly #clock: Clock
  #cancel: (() => void) | undefined

  constructor(graph: Graph, clock: Clock) {
    this.#graph = graph
    this.#clock = clock
  }

  async start(): Promise<void> {
    this.#schedule(EXPIRE_MS)
  }

  async stop(): Promise<void> {
    this.#cancel?.()
    this.#cancel = undefined
  }

  #schedule(delayMs: number): void {
    this.#cancel = this.#clock.after(delayMs, () => {
      const isMoreDue = this.#graph.expire(this.#clock.nowUs(), EXPIRE_MOST)
      this.#schedule(isMoreDue ? 0 : EXPIRE_MS)
    })
  }
}
