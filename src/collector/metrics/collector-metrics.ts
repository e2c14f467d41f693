import { setImmediate } from 'node:timers/promises'
import { familyHead, inBlocks, type Metrics, type Service } from '../../common/index.ts'
import type { WatchHub } from '../api/watch/hub.ts'
import type { ViewPort } from '../graph/view-port.ts'
import { INVENTORY, InventoryCounts } from './inventory.ts'
import { LINK_ERRORS, LinkErrors } from './link-errors.ts'
import { ownFamilies, readLines } from './own-families.ts'
import { REQUESTS, requestLines } from './request-series.ts'
import { TRAFFIC_DEFAULTS, TrafficMetrics, type TrafficOptions } from './traffic.ts'
import { TRAFFIC_FAMILIES } from './traffic-series.ts'

const SETTLE_MS = 1000
const FORGET_MS = 60_000
/** Connections worked on before others have their turn. */
const CONNECTIONS_PER_TURN = 1000

/** What the metrics stand on. */
export interface CollectorMetricsContext {
  view: ViewPort
  hub: WatchHub
  /** The metrics that components made for themselves. */
  metrics: Metrics
}

/**
 * Everything that `/metrics` says: Skupper's names and labels from the graph's changes, and what the collector tells of
 * itself. Written by hand, in blocks, because tens of thousands of series would hold the event loop otherwise.
 */
export class CollectorMetrics implements Service {
  readonly #context: CollectorMetricsContext
  readonly #traffic: TrafficMetrics
  readonly #linkErrors: LinkErrors
  readonly #inventory: readonly InventoryCounts[]
  #unsubscribe: (() => void) | undefined
  #timers: NodeJS.Timeout[] = []
  #settling: Promise<void> | undefined

  constructor(context: CollectorMetricsContext, options: TrafficOptions = TRAFFIC_DEFAULTS) {
    const { view } = context
    this.#context = context
    this.#traffic = new TrafficMetrics(view, options)
    this.#linkErrors = new LinkErrors(view)
    this.#inventory = INVENTORY.map(gauge => new InventoryCounts(view, gauge, options.maxSeries))
  }

  async start(): Promise<void> {
    this.#unsubscribe ??= this.#context.view.subscribe(change => {
      this.#traffic.onChange(change, Date.now())
      this.#linkErrors.onChange(change)
    })
    this.#timers = [
      setInterval(() => void this.#settle(), SETTLE_MS).unref(),
      setInterval(() => this.#traffic.forgetIdleSeries(Date.now()), FORGET_MS).unref(),
    ]
  }

  async stop(): Promise<void> {
    this.#unsubscribe?.()
    this.#unsubscribe = undefined
    for (const timer of this.#timers.splice(0)) clearInterval(timer)
    await this.#settling
  }

  get contentType(): string {
    return this.#context.metrics.contentType
  }

  /** The text, in blocks of about 64 KB. */
  async *blocks(): AsyncGenerator<string, void, undefined> {
    await this.#settle()
    yield await this.#context.metrics.text()
    yield* inBlocks(this.#parts())
  }

  *#parts(): Generator<string> {
    const { view, hub } = this.#context
    for (const family of ownFamilies(view, hub, this.#traffic)) {
      yield familyHead(family)
      yield readLines(family)
    }
    for (const counts of this.#inventory) {
      yield familyHead(counts.family)
      yield* counts.lines()
    }
    yield familyHead(LINK_ERRORS)
    yield this.#linkErrors.lines()
    for (const family of TRAFFIC_FAMILIES) {
      yield familyHead(family)
      for (const series of this.#traffic.traffic.values()) yield family.lines(series)
    }
    yield familyHead(REQUESTS)
    for (const series of this.#traffic.requests.values()) yield requestLines(series)
  }

  /** Works on all that changed; who asks meanwhile waits for the same work. */
  #settle(): Promise<void> {
    this.#settling ??= this.#settleAll().finally(() => {
      this.#settling = undefined
    })
    return this.#settling
  }

  async #settleAll(): Promise<void> {
    while (this.#traffic.settle(Date.now(), CONNECTIONS_PER_TURN)) await setImmediate()
  }
}
