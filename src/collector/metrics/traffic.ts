import { text } from '../graph/attribute-values.ts'
import { type Connection, clientSide, readConnection } from '../graph/connection.ts'
import type { ViewChange, ViewPort, ViewRecord } from '../graph/view-port.ts'
import { Attribution } from './attribution.ts'
import { CappedSeries } from './capped-series.ts'
import { ChangedRecords } from './changed-records.ts'
import {
  OTHER_REQUESTS,
  type Request,
  type RequestKind,
  type RequestSeries,
  readRequest,
  requestLabelText,
} from './request-series.ts'
import { Slots } from './slots.ts'
import { OTHER_TRAFFIC, type Traffic, trafficLabelText, UNKNOWN_TRAFFIC } from './traffic-labels.ts'
import { TrafficSeries } from './traffic-series.ts'
import { Waiting } from './waiting.ts'

export interface TrafficOptions {
  /** How many series each family may have. */
  maxSeries: number
  /** How long a connection may wait for the records that say whose it is, in milliseconds. */
  attributionMs: number
  /** After how long without connections a series is forgotten, in milliseconds. */
  idleSeriesMs: number
}

export const TRAFFIC_DEFAULTS: TrafficOptions = { maxSeries: 10_000, attributionMs: 15_000, idleSeriesMs: 3_600_000 }

const MAX_WAITING_REQUESTS = 100_000

/** How long it is taken for granted that what connections with the same ends are called has not changed. */
const FOUND_FOR_MS = 1000

/** Flags of a connection. */
const CLOSED = 1
const LATENCY_OBSERVED = 2

/**
 * Counts connections, their bytes and requests by whose they are. A connection counts once its processes, sites and
 * service are known, or when it has waited long enough; what it moved until then is not lost. Changes are only noted
 * when they happen and worked on by `settle`: five deltas of a connection cost as much as one.
 */
export class TrafficMetrics {
  readonly traffic: CappedSeries<Traffic, TrafficSeries>
  readonly requests: CappedSeries<RequestKind, RequestSeries>
  readonly #view: ViewPort
  readonly #options: TrafficOptions
  readonly #slots = new Slots<TrafficSeries>()
  /** Client sides of connections that changed. */
  readonly #changed = new ChangedRecords()
  readonly #attribution: Attribution
  /** The series of traffic that was found lately. */
  readonly #found = new Map<Traffic, TrafficSeries>()
  #foundSinceMs = 0
  /** Client sides of the connections that wait. */
  readonly #waitingClients = new Map<number, ViewRecord>()
  readonly #waiting = new Waiting(MAX_WAITING_REQUESTS)

  constructor(view: ViewPort, options: TrafficOptions) {
    this.#view = view
    this.#attribution = new Attribution(view)
    this.#options = options
    const { maxSeries } = options
    this.traffic = new CappedSeries(trafficLabelText, (labels, of) => new TrafficSeries(labels, of), {
      maxSeries,
      others: OTHER_TRAFFIC,
    })
    this.requests = new CappedSeries(requestLabelText, labels => ({ labels, count: 0, live: 0, lastUsedMs: 0 }), {
      maxSeries,
      others: OTHER_REQUESTS,
    })
  }

  /** Connections that are counted and retained. */
  get connections(): number {
    return this.#slots.size
  }

  get waiting(): number {
    return this.#waiting.size
  }

  get requestsDropped(): number {
    return this.#waiting.dropped
  }

  onChange({ kind, record }: ViewChange, nowMs: number): void {
    const { recordType } = record
    if (recordType === 'BIFLOW_APP') {
      if (kind === 'ended') this.#countRequest(record, nowMs)
      return
    }
    if (recordType !== 'BIFLOW_TPORT' && recordType !== 'FLOW') {
      // Its key may go to another listener, connector or process.
      if (kind === 'evicted') this.#forgetFound(nowMs)
      return
    }
    const client = clientSide(this.#view, record)
    if (client === undefined) {
      if (kind === 'ended') this.#countRequest(record, nowMs)
    } else if (kind === 'evicted' && client.key === record.key) {
      // What is still to be counted of it is counted now.
      if (this.#changed.remove(record) || this.#waitingClients.has(record.key)) this.#work(record, nowMs, true)
      this.#forget(record, nowMs)
    } else {
      this.#changed.add(client)
    }
  }

  /** Works on what changed, at most so many connections. Returns whether there is more. */
  settle(nowMs: number, most: number): boolean {
    let left = most
    if (nowMs - this.#foundSinceMs >= FOUND_FOR_MS) this.#forgetFound(nowMs)
    for (let client = this.#changed.take(); client !== undefined; client = this.#changed.take()) {
      this.#work(client, nowMs, false)
      left -= 1
      if (left === 0) return true
    }
    for (const key of this.#waiting.since(nowMs - this.#options.attributionMs)) {
      if (left === 0) return true
      left -= 1
      const client = typeof key === 'number' ? this.#waitingClients.get(key) : undefined
      if (client !== undefined) this.#work(client, nowMs, true)
      for (const request of this.#waiting.take(key)) this.#addRequest(UNKNOWN_TRAFFIC, request, nowMs)
    }
    return false
  }

  forgetIdleSeries(nowMs: number): void {
    this.#forgetFound(nowMs)
    this.traffic.forgetIdle(nowMs - this.#options.idleSeriesMs)
    this.requests.forgetIdle(nowMs - this.#options.idleSeriesMs)
  }

  /** @param isLastChance attribute it as it stands */
  #work(client: ViewRecord, nowMs: number, isLastChance: boolean): void {
    // A delta without its beginning says neither whose it is nor whether it is counted already.
    if (client.isIncomplete) return
    const { key } = client
    const connection = readConnection(this.#view, client)
    const series = this.#slots.series(key) ?? this.#begin(connection, nowMs, isLastChance)
    if (series === undefined) return
    series.lastUsedMs = nowMs
    series.sentBytes += this.#slots.grownSent(key, connection.sentBytes)
    series.receivedBytes += this.#slots.grownReceived(key, connection.receivedBytes)
    const { networkLatencyUs } = connection
    if (networkLatencyUs !== undefined && this.#slots.raise(key, LATENCY_OBSERVED)) {
      series.latency.observe(networkLatencyUs / 1e6)
    }
    if (connection.hasEnded && this.#slots.raise(key, CLOSED)) series.closed += 1
  }

  /** Begins to count a connection, if it is known whose it is. */
  #begin(connection: Connection, nowMs: number, isLastChance: boolean): TrafficSeries | undefined {
    const { client } = connection
    const traffic =
      this.#attribution.find(connection) ?? (isLastChance ? this.#attribution.settle(connection) : undefined)
    if (traffic === undefined) {
      this.#waiting.add(client.key, nowMs)
      this.#waitingClients.set(client.key, client)
      return undefined
    }
    const series = this.#found.get(traffic) ?? this.traffic.get(traffic)
    this.#found.set(traffic, series)
    series.opened += 1
    series.live += 1
    this.#slots.begin(client.key, series)
    this.#waitingClients.delete(client.key)
    for (const key of [client.key, client.identity]) {
      for (const request of this.#waiting.take(key)) this.#addRequest(series.traffic, request, nowMs)
    }
    return series
  }

  #forgetFound(nowMs: number): void {
    this.#attribution.forget()
    this.#found.clear()
    this.#foundSinceMs = nowMs
  }

  /** What waited for a connection to be known counts as nobody's when it goes. */
  #forget({ key }: ViewRecord, nowMs: number): void {
    const series = this.#slots.series(key)
    if (series !== undefined) series.live -= 1
    this.#slots.end(key)
    for (const request of this.#waiting.take(key)) this.#addRequest(UNKNOWN_TRAFFIC, request, nowMs)
    this.#waitingClients.delete(key)
  }

  /** A request ended: a BIFLOW_APP, or a FLOW below the FLOW of a client. */
  #countRequest(record: ViewRecord, nowMs: number): void {
    const parentId = text(record, 'parent')
    if (parentId === undefined) return
    const parent = this.#view.get(parentId)
    // Routers of 2.x tell each request twice; that of the server's side is not counted.
    if (parent !== undefined && clientSide(this.#view, parent)?.key !== parent.key) return
    const series = parent && this.#slots.series(parent.key)
    const request = readRequest(record)
    if (series !== undefined) this.#addRequest(series.traffic, request, nowMs)
    else this.#waiting.addRequest(parent?.key ?? parentId, request, nowMs)
  }

  #addRequest(traffic: Traffic, request: Request, nowMs: number): void {
    const series = this.requests.get(traffic === OTHER_TRAFFIC ? OTHER_REQUESTS : { traffic, request })
    series.count += 1
    series.lastUsedMs = nowMs
  }
}
