import { isFlow } from '../../graph/flow-types.ts'
import type { ViewChange, ViewRecord } from '../../graph/view-port.ts'
import type { Projection } from '../v1alpha1/projection.ts'
import type { CutCause, WatchLimits, WatchSink } from './client.ts'
import { WatchClient } from './client.ts'
import type { Frame } from './frame.ts'
import { encodeFrame } from './frame.ts'
import type { Topic } from './topics.ts'
import { mayHoldFlows, topicsOf } from './topics.ts'

export interface WatchHubOptions extends WatchLimits {
  /** Connections that may watch at once. */
  maxWatchers: number
  /** The shortest time between two deliveries, in milliseconds: changes of one record within it become one. */
  tickMs: number
}

export const WATCH_DEFAULTS: WatchHubOptions = { maxWatchers: 4096, maxBytes: 1024 * 1024, stallMs: 60_000, tickMs: 20 }

/** What the hub reads. */
export type WatchSource = Pick<Projection, 'objectsOf' | 'addressOf' | 'subscribe'>

/** How many bytes are encoded before the watchers may take them, and others have their turn. */
const BYTES_PER_TURN = 128 * 1024
const PROGRESS_CHECK_MS = 1000

/**
 * Tells watchers what changed. Changes are gathered for a tick, each changed object is encoded once for all who watch
 * it, and each watcher is written to once a tick. While nobody watches, the view is not listened to.
 */
export class WatchHub {
  readonly #source: WatchSource
  readonly #options: WatchHubOptions
  readonly #watchers = new Map<Topic, Set<WatchClient>>()
  readonly #clients = new Set<WatchClient>()
  readonly #cuts: Record<CutCause, number> = { 'too-slow': 0, 'no-progress': 0, withdrawn: 0 }
  /** By key: an identity may go over to another record between two deliveries. */
  readonly #changed = new Map<number, ViewRecord>()
  #framesSent = 0
  #turnedAway = 0
  #isAnyFlowWatched = false
  #unsubscribe: (() => void) | undefined
  #delivery: NodeJS.Timeout | undefined
  #progressCheck: NodeJS.Timeout | undefined
  #lastDeliveryMs = 0

  constructor(source: WatchSource, options: WatchHubOptions = WATCH_DEFAULTS) {
    this.#source = source
    this.#options = options
  }

  /** How many watch now. */
  get watchers(): number {
    return this.#clients.size
  }

  get maxWatchers(): number {
    return this.#options.maxWatchers
  }

  /** Whether another may watch; one that may not is counted. */
  admits(): boolean {
    if (this.#clients.size < this.#options.maxWatchers) return true
    this.#turnedAway += 1
    return false
  }

  /** How many asked to watch and were refused. */
  get turnedAway(): number {
    return this.#turnedAway
  }

  /** How many watchers were cut, by cause. */
  get cuts(): Readonly<Record<CutCause, number>> {
    return this.#cuts
  }

  /** Changed objects handed to watchers, each counted for each watcher. */
  get framesSent(): number {
    return this.#framesSent
  }

  /** The memory that all watchers hold. */
  get memoryBytes(): number {
    let sum = 0
    for (const client of this.#clients) sum += client.memoryBytes
    return sum
  }

  /** Adds a watcher of some topics. It keeps what changes until its initial list is written and `open` is called. */
  add(sink: WatchSink, topics: Iterable<Topic>): WatchClient {
    const client = new WatchClient(sink, this.#options, cause => {
      this.#cuts[cause] += 1
      this.#remove(client)
    })
    this.#clients.add(client)
    for (const topic of topics) {
      const watchers = this.#watchers.get(topic) ?? new Set()
      this.#watchers.set(topic, watchers.add(client))
      this.#isAnyFlowWatched ||= mayHoldFlows(topic)
    }
    this.#unsubscribe ??= this.#source.subscribe(change => this.#onChange(change))
    this.#progressCheck ??= setInterval(() => this.#checkProgress(), PROGRESS_CHECK_MS).unref()
    return client
  }

  /** The watcher's connection has closed. */
  remove(client: WatchClient): void {
    client.close()
    this.#remove(client)
  }

  /** Ends all streams. */
  stop(): void {
    for (const client of [...this.#clients]) {
      client.end()
      this.#remove(client)
    }
  }

  #remove(client: WatchClient): void {
    if (!this.#clients.delete(client)) return
    for (const [topic, watchers] of this.#watchers) {
      if (watchers.delete(client) && watchers.size === 0) this.#watchers.delete(topic)
    }
    this.#isAnyFlowWatched = [...this.#watchers.keys()].some(mayHoldFlows)
    if (this.#clients.size > 0) return
    this.#unsubscribe?.()
    this.#unsubscribe = undefined
    clearInterval(this.#progressCheck)
    this.#progressCheck = undefined
    clearTimeout(this.#delivery)
    this.#delivery = undefined
    this.#changed.clear()
  }

  #onChange({ kind, record }: ViewChange): void {
    // Watchers saw the end of a record; that the view forgets it later is none of their business.
    if (kind === 'evicted' || (isFlow(record) && !this.#isAnyFlowWatched)) return
    this.#changed.set(record.key, record)
    if (this.#delivery !== undefined) return
    const sinceLastMs = performance.now() - this.#lastDeliveryMs
    this.#delivery = setTimeout(() => this.#deliver(), Math.max(0, this.#options.tickMs - sinceLastMs))
  }

  #deliver(): void {
    this.#lastDeliveryMs = performance.now()
    const frames = new Map<Topic, Frame[]>()
    let bytes = 0
    for (const [key, record] of this.#changed) {
      if (bytes >= BYTES_PER_TURN) break
      this.#changed.delete(key)
      bytes += this.#encode(record, frames)
    }
    for (const [topic, encoded] of frames) {
      const watchers = [...(this.#watchers.get(topic) ?? [])]
      this.#framesSent += encoded.length * watchers.length
      for (const client of watchers) client.push(encoded)
    }
    this.#delivery = this.#changed.size > 0 ? setTimeout(() => this.#deliver(), 0) : undefined
  }

  /** Encodes the objects of a record that somebody watches, once each, under each topic. Returns their bytes. */
  #encode(record: ViewRecord, frames: Map<Topic, Frame[]>): number {
    let bytes = 0
    const vanAddress = this.#source.addressOf(record)
    for (const object of this.#source.objectsOf(record)) {
      let frame: Frame | undefined
      for (const topic of topicsOf(object, vanAddress)) {
        if (!this.#watchers.has(topic)) continue
        frame ??= encodeFrame(object)
        const sameTopic = frames.get(topic)
        if (sameTopic === undefined) frames.set(topic, [frame])
        else sameTopic.push(frame)
      }
      bytes += frame?.bytes.length ?? 0
    }
    return bytes
  }

  #checkProgress(): void {
    for (const client of [...this.#clients]) client.checkProgress()
  }
}
