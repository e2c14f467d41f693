import { rankOf } from './record-kinds.ts'
import { NUMBER, STATE } from './storage/layout.ts'
import type { RecordStore } from './storage/record-store.ts'
import { RowList } from './storage/row-list.ts'
import type { EvictionCause } from './view-port.ts'

/** How much of what ended is kept. */
export interface RetentionLimits {
  /** How long after its end was learned, by the collector's clock; what times the source gave does not matter. */
  endedMaxAgeMs: number
  /** How many ended records at most. */
  endedMaxCount: number
  /** Estimate of the memory of all records, above which ended ones go first and then new ones are refused. */
  maxBytes: number
}

export const RETENTION_DEFAULTS: RetentionLimits = {
  endedMaxAgeMs: 15 * 60 * 1000,
  endedMaxCount: 1_000_000,
  maxBytes: 1024 ** 3,
}

/**
 * The records that ended, oldest end first. One that is due while others hang on it (an ended listener under flows
 * that are still retained) is parked: it goes with the last of them.
 */
export class Retention {
  readonly #store: RecordStore
  /** May change at any time: `add`, `expire` and `makeRoom` see to it that they hold. */
  limits: RetentionLimits
  readonly #evict: (row: number, cause: EvictionCause) => void
  readonly #queue: RowList
  readonly #parked = new Map<number, EvictionCause>()

  /** @param evict removes a record; it must call `forget` */
  constructor(store: RecordStore, limits: RetentionLimits, evict: (row: number, cause: EvictionCause) => void) {
    this.#store = store
    this.limits = limits
    this.#evict = evict
    this.#queue = new RowList(store.rows)
  }

  /** Ended records that are retained. */
  get size(): number {
    return this.#queue.length + this.#parked.size
  }

  /** A record ended. */
  add(row: number, nowUs: number): void {
    this.#store.rows.setNumber(row, NUMBER.endedAt, nowUs)
    this.#queue.push(row)
    while (this.size > this.limits.endedMaxCount && this.#queue.first !== 0) this.#drop(this.#queue.first, 'count')
  }

  /** A record is evicted, or lives after all. */
  forget(row: number): void {
    if (this.#parked.delete(row)) this.#store.rows.clear(row, STATE.parked)
    else this.#queue.remove(row)
  }

  /** Evicts what is too old, at most so many records. Returns whether more is due. */
  expire(nowUs: number, most: number): boolean {
    const { rows } = this.#store
    const lastUs = nowUs - this.limits.endedMaxAgeMs * 1000
    for (let left = most; this.#queue.first !== 0; left -= 1) {
      const row = this.#queue.first
      if (rows.number(row, NUMBER.endedAt)! > lastUs) return false
      if (left === 0) return true
      this.#drop(row, 'age')
    }
    return false
  }

  /** Makes room for another record; false when there is none to be made. */
  makeRoom(): boolean {
    while (this.#store.bytes >= this.limits.maxBytes) {
      if (this.#queue.first === 0) return false
      this.#drop(this.#queue.first, 'bytes')
    }
    return true
  }

  /** One that hung on a parked record is gone. */
  reconsider(row: number): void {
    const cause = this.#parked.get(row)
    if (cause !== undefined && !this.#hasDependents(row)) this.#evict(row, cause)
  }

  #drop(row: number, cause: EvictionCause): void {
    if (!this.#hasDependents(row)) {
      this.#evict(row, cause)
      return
    }
    this.#queue.remove(row)
    this.#store.rows.set(row, STATE.parked)
    this.#parked.set(row, cause)
  }

  #hasDependents(row: number): boolean {
    const { rows, parents, targets } = this.#store
    const rank = rankOf(rows.type(row))
    for (const relation of [parents, targets]) {
      if (!relation.hasAny(row)) continue
      for (const dependent of relation.referring(row)) if (rankOf(rows.type(dependent)) < rank) return true
    }
    return false
  }
}
