import { ATTRIBUTE, RECORD_TYPES, type VanRecord } from '../../vanflow/index.ts'
import { Consequences, TOUCHED, touchedBy } from './consequences.ts'
import { EventSource } from './event-source.ts'
import { Identities, startTimeOf } from './identities.ts'
import type { IngestPort } from './ingest-port.ts'
import { Records } from './records.ts'
import { RETENTION_DEFAULTS, type RetentionLimits } from './retention.ts'
import type { ApplyOutcome, SourceEndReason, SourceHandle, SourceType } from './source.ts'
import { NUMBER, STATE, WORD } from './storage/layout.ts'
import { GraphView } from './view/graph-view.ts'
import type { ViewPort } from './view-port.ts'

export interface GraphOptions extends Partial<RetentionLimits> {
  /** The collector's clock, in microseconds since the epoch: what durations of live records are told by. */
  nowUs: () => number
}

/**
 * The live graph: what all sources said, merged into one view. Written through `IngestPort`, read through `view`.
 * Records arrive in any order, more than once, in part; whatever the order, the view is the same once all is in.
 */
export class Graph implements IngestPort {
  readonly view: ViewPort
  readonly #records: Records
  readonly #identities: Identities
  readonly #consequences: Consequences
  readonly #outcomes: Record<ApplyOutcome, number> = {
    applied: 0,
    unchanged: 0,
    incomplete: 0,
    'unknown-type': 0,
    'closed-source': 0,
    capped: 0,
  }

  constructor({ nowUs, ...limits }: GraphOptions) {
    this.#records = new Records({ ...RETENTION_DEFAULTS, ...limits }, nowUs)
    this.#identities = new Identities(this.#records)
    this.#consequences = new Consequences(this.#records)
    this.view = new GraphView(this.#records, this.#outcomes)
  }

  openSource(id: string, type: SourceType, nowUs: number): SourceHandle {
    const { sources } = this.#records
    const former = sources.latest(id)
    if (former?.isOpen === true) this.closeSource(former, 'restarted', former.lastHeardUs, nowUs)
    return sources.open(id, type, nowUs)
  }

  apply(handle: SourceHandle, record: VanRecord, nowUs: number): ApplyOutcome {
    const outcome = this.#apply(own(handle), record, nowUs)
    this.#outcomes[outcome] += 1
    return outcome
  }

  mark(handle: SourceHandle, nowUs: number): void {
    const source = own(handle)
    source.generation += 1
    source.markedUs = nowUs
  }

  sweep(handle: SourceHandle, nowUs: number): number {
    const source = own(handle)
    const { markedUs, live, generation } = source
    source.markedUs = undefined
    if (markedUs === undefined) return 0
    const { rows } = this.#records.store
    let swept = 0
    for (let row = live.first, next = 0; row !== 0; row = next) {
      next = live.after(row)
      if (rows.word(row, WORD.touched) === generation || this.#records.handOver(row, source)) continue
      this.#records.end(row, 'swept', source.toSourceUs(markedUs), nowUs)
      swept += 1
    }
    return swept
  }

  closeSource(handle: SourceHandle, reason: SourceEndReason, lastHeardUs: number, nowUs: number): void {
    const source = own(handle)
    if (!source.isOpen) return
    source.isOpen = false
    const endUs = source.toSourceUs(lastHeardUs)
    for (let row = source.live.first; row !== 0; row = source.live.first) {
      if (!this.#records.handOver(row, source)) this.#records.end(row, reason, endUs, nowUs)
    }
    this.#records.sources.releaseIfUnused(source)
  }

  /** Keeps this much from now on; what is beyond goes as records end, expire and come. */
  retain(limits: RetentionLimits): void {
    this.#records.retention.limits = limits
  }

  /**
   * Evicts ended records that are old enough, at most so many: to be called every second or so.
   *
   * @returns whether more are due
   */
  expire(nowUs: number, most = Number.POSITIVE_INFINITY): boolean {
    return this.#records.retention.expire(nowUs, most)
  }

  #apply(source: EventSource, record: VanRecord, nowUs: number): ApplyOutcome {
    const { type } = record
    if (!source.isOpen) return 'closed-source'
    if (type >= RECORD_TYPES.length || type < 0) return 'unknown-type'
    source.lastHeardUs = nowUs
    const { store, retention } = this.#records
    const { rows } = store
    // Asked first, since making room may evict the record that the delta is about.
    const hasRoom = retention.makeRoom()
    const bearer = store.find(record.identity)
    const startUs = startTimeOf(record)
    let row = bearer
    // Most deltas are about a known record of the same source.
    const isKnown = bearer !== 0 && rows.type(bearer) === type && rows.word(bearer, WORD.source) === source.index
    if (!isKnown || startUs !== undefined) row = this.#identities.resolve(source, record, bearer, startUs, nowUs)
    if (row === 0) return 'capped'
    return this.#merge(source, row, record, nowUs, hasRoom)
  }

  /** @param hasRoom texts that are new are taken; numbers have their place in any case, and ends make room */
  #merge(source: EventSource, row: number, record: VanRecord, nowUs: number, hasRoom: boolean): ApplyOutcome {
    const { type, codes, values } = record
    const { store } = this.#records
    const { rows } = store
    const isNew = rows.has(row, STATE.fresh)
    let isChanged = isNew
    let touched: number = TOUCHED.nothing
    let endUs: number | undefined
    let isCut = false
    if (rows.word(row, WORD.source) === source.index) rows.setWord(row, WORD.touched, source.generation)
    for (let index = 0; index < codes.length; index += 1) {
      const code = codes[index]!
      const value = values[index]!
      if (code === ATTRIBUTE.endTime) {
        if (typeof value === 'number' && value !== 0) endUs = value
      } else if (!hasRoom && typeof value === 'string' && store.get(row, code) !== value) {
        isCut = true
      } else if (store.set(row, type, code, value)) {
        isChanged = true
        touched |= touchedBy(code)
      }
    }
    if (isNew) rows.clear(row, STATE.fresh)
    if (touched !== TOUCHED.nothing) this.#consequences.of(row, type, touched)
    const isBegun = rows.has(row, STATE.begun)
    if (this.#settleEnd(row, endUs, nowUs)) isChanged = true
    else if (isChanged) this.#records.tell(isNew ? 'created' : 'updated', row)
    if (isCut) return 'capped'
    if (!isBegun) return 'incomplete'
    return isChanged ? 'applied' : 'unchanged'
  }

  /**
   * Ends a record that a delta says has ended, or lets one live that it mentions though it was thought gone. Returns
   * whether either happened. The record may be evicted by its end.
   */
  #settleEnd(row: number, endUs: number | undefined, nowUs: number): boolean {
    const { rows } = this.#records.store
    if (endUs === undefined) {
      if (!rows.has(row, STATE.inferredEnd)) return false
      this.#records.revive(row)
      this.#records.tell('updated', row)
      return true
    }
    const isKnown = rows.number(row, NUMBER.endTime) === endUs && !rows.has(row, STATE.inferredEnd)
    if (!isKnown) this.#records.end(row, 'reported', endUs, nowUs)
    return !isKnown
  }
}

function own(handle: SourceHandle): EventSource {
  if (handle instanceof EventSource) return handle
  throw new TypeError('a source handle that this graph did not make')
}
