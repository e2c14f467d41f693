import {
  type GaugeMetric,
  type Logger,
  LogThrottle,
  type Metrics,
  type Service,
  TidemarkError,
} from '../../common/index.ts'
import { BEACON_ADDRESS } from '../../vanflow/index.ts'
import type { IngestPort } from '../graph/ingest-port.ts'
import type { Clock } from './clock.ts'
import { endpointUrl, type RouterEndpoint } from './endpoint.ts'
import { FailureLog } from './failure-log.ts'
import { Inbox, type InboxItem, type InboxLimits } from './inbox.ts'
import { type ReconnectOptions, RouterConnection } from './router-connection.ts'
import type { SourcePhase } from './source.ts'
import type { SourceTimers } from './source-timers.ts'
import { VanCounters } from './van-counters.ts'
import type { VanSource } from './van-source.ts'
import { VanSources } from './van-sources.ts'

export interface VanIngestOptions {
  endpoint: RouterEndpoint
  connection: ReconnectOptions
  inbox: InboxLimits
  timers: SourceTimers
  maxSources: number
}

/** What else the ingest stands on. */
export interface VanIngestContext {
  port: IngestPort
  clock: Clock
  metrics: Metrics
  log: Logger
}

/** One look at the ingest, for readiness, metrics and tests. */
export interface VanStatus {
  connected: boolean
  /** How often a router accepted us. */
  connects: number
  /** Why there is no connection, when one was tried; or why there is one that tells of no source. */
  problem: string | undefined
  sources: Record<SourcePhase, number>
  /** Whether everything that came is in the graph. */
  idle: boolean
}

interface Received extends InboxItem {
  address: string
  source: VanSource | undefined
}

/** For how long links are asked for in one go: those of thousands of sources would hold the event loop. */
const ATTACH_SLICE_MS = 20

/** How often sources are looked at. */
const TICK_MS = 250
/** Ticks between two searches for what is missing: message ids, and the link for BEACONs. */
const TICKS_PER_CHECK = 12
/** A tick that comes this much late means that the process was suspended or overloaded. */
const LATE_TICK_MS = 1000

/**
 * From a Skupper network to the graph: one connection to one router, a receiver for each address of each source, and
 * one inbox between reading and working.
 */
export class VanIngest implements Service {
  readonly counters: VanCounters
  readonly #clock: Clock
  readonly #log: Logger
  readonly #linkWarnings: LogThrottle
  readonly #connection: RouterConnection
  readonly #sources: VanSources
  readonly #inbox: Inbox<Received>
  readonly #phases: GaugeMetric<'phase'>
  readonly #refusalLog = new FailureLog()
  #endpoint: RouterEndpoint
  /** Why the router tells of no source, and whether it said so since it was last asked. */
  #refusal: { failure: TidemarkError; isNew: boolean } | undefined
  readonly #toAttach = new Set<VanSource>()
  #attaching: NodeJS.Immediate | undefined
  #cancelTick: (() => void) | undefined
  #ticks = 0
  #lastTickUs = 0

  constructor(options: VanIngestOptions, { port, clock, metrics, log }: VanIngestContext) {
    this.#clock = clock
    this.#log = log
    this.#endpoint = options.endpoint
    this.#linkWarnings = new LogThrottle(log)
    this.counters = new VanCounters(metrics)
    this.#phases = metrics.gauge(
      'tidemark_collector_van_sources',
      'Sources of the network by phase; gone: since the start.',
      ['phase'],
    )
    this.#exportGauges(metrics)
    this.#inbox = new Inbox(options.inbox, item => this.#handle(item))
    const links = {
      attach: (source: VanSource) => this.#attachLater(source),
      detach: (source: VanSource) => this.#detach(source),
      send: (address: string, message: Buffer) => this.#connection.current?.send(address, message) ?? false,
    }
    this.#sources = new VanSources(port, links, options, this.counters, log)
    this.#connection = new RouterConnection(
      options.endpoint,
      options.connection,
      clock,
      {
        connected: () => this.#onConnected(),
        disconnected: () => this.#sources.onDisconnected(this.#nowUs()),
        outcome: outcome => {
          if (outcome === 'refused') this.counters.flushesRefused += 1
        },
      },
      log,
    )
  }

  /** Begins to connect and to watch the sources; does not wait for a router. */
  async start(): Promise<void> {
    if (this.#cancelTick !== undefined) return
    this.#lastTickUs = this.#clock.nowUs()
    this.#scheduleTick()
    this.#connection.start()
  }

  async stop(): Promise<void> {
    if (this.#cancelTick === undefined) return
    this.#cancelTick()
    this.#cancelTick = undefined
    this.#toAttach.clear()
    await this.#connection.stop()
    this.counters.messages.drop('shutdown', this.#inbox.clear())
    this.#sources.close(this.#clock.nowUs())
    this.#linkWarnings.flush()
  }

  /** Reads from another router, or from the same in another way; sources that it tells of as well live on. */
  turnTo(endpoint: RouterEndpoint, connection: ReconnectOptions): void {
    this.#endpoint = endpoint
    this.#connection.turnTo(endpoint, connection)
  }

  get status(): VanStatus {
    return {
      connected: this.#connection.current !== undefined,
      connects: this.#connection.connects,
      problem: (this.#connection.failure ?? this.#refusal?.failure)?.message,
      sources: this.#sources.countByPhase(),
      idle: this.#inbox.size === 0,
    }
  }

  /** The time up to which everything that came is handled. */
  #nowUs(): number {
    return this.#inbox.oldestReceivedUs ?? this.#clock.nowUs()
  }

  #scheduleTick(): void {
    this.#cancelTick = this.#clock.after(TICK_MS, () => {
      this.#scheduleTick()
      this.#tick()
    })
  }

  #tick(): void {
    const lateUs = this.#clock.nowUs() - this.#lastTickUs - TICK_MS * 1000
    this.#lastTickUs = this.#clock.nowUs()
    const isLate = lateUs > LATE_TICK_MS * 1000
    if (isLate) this.#sources.forgiveSilence(lateUs)
    this.#ticks += 1
    const nowUs = this.#nowUs()
    if (this.#ticks % TICKS_PER_CHECK === 0) {
      // What we are late to read is not missing.
      if (!isLate && this.#inbox.size === 0) this.#sources.checkGaps(nowUs)
      this.#askForBeaconsAgain()
    }
    this.#sources.tick(nowUs)
    for (const [phase, count] of Object.entries(this.#sources.countByPhase())) this.#phases.labels({ phase }).set(count)
  }

  #exportGauges(metrics: Metrics): void {
    const prefix = 'tidemark_collector_van'
    metrics.gaugeOf(`${prefix}_connected`, 'Whether the router is connected.', () => (this.status.connected ? 1 : 0))
    metrics.gaugeOf(`${prefix}_inbox_messages`, 'Messages that wait for the graph.', () => this.#inbox.size)
    metrics.gaugeOf(`${prefix}_inbox_bytes`, 'Bytes of the messages that wait for the graph.', () => this.#inbox.bytes)
    metrics.counterOf(
      `${prefix}_connects_total`,
      'Connections that the router opened.',
      () => this.#connection.connects,
    )
    metrics.counterOf(
      `${prefix}_connect_failures_total`,
      'Connections and attempts that failed.',
      () => this.#connection.failures,
    )
  }

  #onConnected(): void {
    this.#refusal = undefined
    this.#refusalLog.clear()
    this.#attachBeacons()
    this.#sources.onConnected()
  }

  #attachBeacons(): void {
    this.#connection.current?.attach(BEACON_ADDRESS, {
      attached: () => undefined,
      message: payload => this.#receive(payload, BEACON_ADDRESS, undefined),
      aborted: () => this.#onAborted(undefined),
      detached: reason => this.#onBeaconsRefused(reason),
    })
  }

  /** A refusal stands until the link was asked for and then left alone. */
  #askForBeaconsAgain(): void {
    if (this.#refusal?.isNew === true) this.#refusal.isNew = false
    else this.#refusal = undefined
    this.#attachBeacons()
  }

  /** A router may let us in and yet, by its policy, not read what sources say: then nothing is ever seen. */
  #onBeaconsRefused(reason: string): void {
    const url = endpointUrl(this.#endpoint)
    const failure = new TidemarkError('AMQP_ADDRESS_REFUSED', { url, address: BEACON_ADDRESS, reason })
    this.#refusal = { failure, isNew: true }
    this.#refusalLog.report(this.#log, failure, this.#clock.nowUs())
  }

  #attachLater(source: VanSource): void {
    this.#toAttach.add(source)
    this.#attaching ??= setImmediate(() => this.#attachSome())
  }

  #attachSome(): void {
    const until = performance.now() + ATTACH_SLICE_MS
    for (const source of this.#toAttach) {
      if (performance.now() > until) break
      this.#toAttach.delete(source)
      if (source.state.phase !== 'gone') this.#attach(source)
    }
    this.#attaching = this.#toAttach.size > 0 ? setImmediate(() => this.#attachSome()) : undefined
  }

  #attach(source: VanSource): void {
    const main = source.addresses.at(-1)
    for (const address of source.addresses) {
      this.#connection.current?.attach(address, {
        attached: () => {
          if (address === main) this.#sources.onLinked(source, this.#nowUs())
        },
        message: payload => this.#receive(payload, address, source),
        aborted: () => this.#onAborted(source),
        detached: reason => {
          this.#linkWarnings.warn(() => [{ source: source.id, address, reason }, 'the router ended a link'])
          this.#sources.onLinkLost(source, address, this.#nowUs())
        },
      })
    }
  }

  #detach(source: VanSource): void {
    for (const address of source.addresses) this.#connection.current?.detach(address)
    if (source.direct !== undefined) this.#connection.current?.detach(source.direct)
  }

  /** Called for each message that the socket brings: nothing is done here but to keep it. */
  #receive(payload: Buffer, address: string, source: VanSource | undefined): void {
    this.counters.messages.received += 1
    if (this.#inbox.offer({ payload, address, source, receivedUs: this.#clock.nowUs() })) return
    this.counters.messages.drop('inbox-full')
    if (source !== undefined) this.#sources.onOverflow(source, this.#nowUs())
  }

  #onAborted(source: VanSource | undefined): void {
    this.counters.messages.received += 1
    this.counters.messages.drop('aborted')
    if (source !== undefined) this.#sources.onAborted(source, this.#nowUs())
  }

  #handle({ payload, source, address, receivedUs }: Received): void {
    this.#sources.receive(payload, source, address, receivedUs)
  }
}
