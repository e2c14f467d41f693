import type { Projection } from '../api/v1alpha1/projection.ts'
import type { ViewChange, ViewPort, ViewRecord } from '../graph/view-port.ts'
import { attribute } from './attribution.ts'
import { CappedSeries } from './capped-series.ts'
import { type Connection, connectionId, readConnection, text } from './connection.ts'
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
  readonly #projection: Projection
  readonly #options: TrafficOptions
  readonly #slots = new Slots<TrafficSeries>()
  /** Client sides of connections that changed, by the connection's id. */
  readonly #changed = new Map<string, ViewRecord>()
  readonly #waiting = new Waiting(MAX_WAITING_REQUESTS)

  constructor(view: ViewPort, projection: Projection, options: TrafficOptions) {
    this.#view = view
    this.#projection = projection
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

  /** Connections that are counted or wait for it. */
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
    if (record.recordType === 'BIFLOW_APP') {
      if (kind === 'ended') this.#countRequest(record, nowMs)
      return
    }
    if (record.recordType !== 'BIFLOW_TPORT' && record.recordType !== 'FLOW') return
    const id = connectionId(this.#view, record)
    if (id === undefined) {
      if (kind === 'ended') this.#countRequest(record, nowMs)
      return
    }
    if (id === record.identity) this.#onClient(kind, id, record, nowMs)
    else this.#onServer(id)
  }

  /** Works on what changed, at most so many connections. Returns whether there is more. */
  settle(nowMs: number, most: number): boolean {
    let left = most
    for (const [id, client] of this.#changed) {
      if (left === 0) return true
      left -= 1
      this.#changed.delete(id)
      this.#work(id, client, nowMs, false)
    }
    for (const id of this.#waiting.since(nowMs - this.#options.attributionMs)) {
      if (left === 0) return true
      left -= 1
      this.#endWaiting(id, nowMs)
    }
    return false
  }

  forgetIdleSeries(nowMs: number): void {
    this.traffic.forgetIdle(nowMs - this.#options.idleSeriesMs)
    this.requests.forgetIdle(nowMs - this.#options.idleSeriesMs)
  }

  #onClient(kind: ViewChange['kind'], id: string, record: ViewRecord, nowMs: number): void {
    const isOther = kind === 'created' && this.#slots.find(id) !== undefined
    if (kind !== 'evicted' && !isOther) {
      this.#changed.set(id, record)
      return
    }
    // It is gone, or another connection took its id over: what is still to be counted of it is counted now.
    const former = this.#changed.get(id) ?? record
    this.#changed.delete(id)
    if (this.#slots.find(id) !== undefined || !isOther) this.#work(id, isOther ? former : record, nowMs, true)
    this.#forget(id)
    if (isOther) this.#changed.set(id, record)
  }

  #onServer(id: string): void {
    const client = this.#view.get(id)
    if (client !== undefined && !this.#changed.has(id)) this.#changed.set(id, client)
  }

  /** @param isLastChance attribute it as it stands */
  #work(id: string, client: ViewRecord, nowMs: number, isLastChance: boolean): void {
    const connection = readConnection(this.#view, client)
    const slot = this.#slots.find(id) ?? this.#slots.add(id)
    const series = this.#slots.series(slot) ?? this.#attribute(id, slot, connection, nowMs, isLastChance)
    if (series === undefined) return
    series.lastUsedMs = nowMs
    series.sentBytes += this.#slots.grownSent(slot, connection.sent)
    series.receivedBytes += this.#slots.grownReceived(slot, connection.received)
    const { latencyUs, processLatencyUs } = connection
    if (latencyUs !== undefined && processLatencyUs !== undefined && this.#slots.raise(slot, LATENCY_OBSERVED)) {
      // Both are durations, each by one clock; where the difference is below zero the network's share is noise.
      series.observeLatency(Math.max(0, latencyUs - processLatencyUs) / 1e6)
    }
    if (connection.hasEnded && this.#slots.raise(slot, CLOSED)) series.closed += 1
  }

  #attribute(
    id: string,
    slot: number,
    connection: Connection,
    nowMs: number,
    isLastChance: boolean,
  ): TrafficSeries | undefined {
    const { traffic, isComplete } = attribute(this.#view, this.#projection, connection)
    if (!isComplete && !isLastChance) {
      this.#waiting.add(id, nowMs)
      return undefined
    }
    const series = this.traffic.get(traffic)
    series.opened += 1
    series.live += 1
    this.#slots.setSeries(slot, series)
    for (const request of this.#waiting.take(id)) this.#addRequest(series.traffic, request, nowMs)
    return series
  }

  #endWaiting(id: string, nowMs: number): void {
    const client = this.#slots.find(id) === undefined ? undefined : this.#view.get(id)
    if (client !== undefined) this.#work(id, client, nowMs, true)
    for (const request of this.#waiting.take(id)) this.#addRequest(UNKNOWN_TRAFFIC, request, nowMs)
  }

  #forget(id: string): void {
    const slot = this.#slots.find(id)
    if (slot === undefined) return
    const series = this.#slots.series(slot)
    if (series !== undefined) series.live -= 1
    this.#slots.remove(id)
  }

  /** A request ended: a BIFLOW_APP, or a FLOW below the FLOW of a client. */
  #countRequest(record: ViewRecord, nowMs: number): void {
    const parent = text(record, 'parent')
    if (parent === undefined || this.#isServerSide(parent)) return
    const slot = this.#slots.find(parent)
    const series = slot === undefined ? undefined : this.#slots.series(slot)
    const request = readRequest(record)
    if (series === undefined) this.#waiting.addRequest(parent, request, nowMs)
    else this.#addRequest(series.traffic, request, nowMs)
  }

  /** Routers of 2.x tell each request twice; that of the server's side is not counted. */
  #isServerSide(flowId: string): boolean {
    const flow = this.#view.get(flowId)
    return flow?.recordType === 'FLOW' && connectionId(this.#view, flow) !== flowId
  }

  #addRequest(traffic: Traffic, request: Request, nowMs: number): void {
    const series = this.requests.get(traffic === OTHER_TRAFFIC ? OTHER_REQUESTS : { traffic, request })
    series.count += 1
    series.lastUsedMs = nowMs
  }
}
