import { ATTRIBUTE, type VanRecord } from '../../vanflow/index.ts'
import type { EventSource } from './event-source.ts'
import { isCountedByRouter } from './record-kinds.ts'
import type { Records } from './records.ts'
import { NUMBER, STATE, VACANT, WORD } from './storage/layout.ts'

/** The start time that a delta carries; undefined when it does not, as most. */
export function startTimeOf({ codes, values }: VanRecord): number | undefined {
  for (let index = 0; index < codes.length; index += 1) {
    if (codes[index] !== ATTRIBUTE.startTime) continue
    const value = values[index]
    return typeof value === 'number' && value !== 0 ? value : undefined
  }
  return undefined
}

/**
 * Which record a delta is about, when it is not simply the one of that identity, type and source. Routers number
 * their records anew when they restart, so an identity alone does not say; type, incarnation and start time do.
 * The graph thereby never mixes two objects into one, nor shows one object twice.
 */
export class Identities {
  readonly #records: Records

  constructor(records: Records) {
    this.#records = records
  }

  /**
   * The row for a delta.
   *
   * @param bearer the row that bears the identity now, or 0
   * @param startUs the start time that the delta carries
   * @returns 0 when there is no room for another record
   */
  resolve(source: EventSource, delta: VanRecord, bearer: number, startUs: number | undefined, nowUs: number): number {
    const { rows } = this.#records.store
    if (bearer !== 0 && rows.type(bearer) === delta.type) {
      const owner = this.#records.sources.at(rows.word(bearer, WORD.source))!
      if (!owner.isOpen) {
        if (this.#isContinued(bearer, startUs)) {
          this.#records.own(bearer, source)
          return bearer
        }
      } else if (owner !== source) {
        this.#records.share(bearer, source)
        return bearer
      } else if (!this.#isAnother(bearer, startUs)) {
        const isFragment = startUs !== undefined && !rows.has(bearer, STATE.begun)
        return isFragment ? this.#complete(source, delta, bearer, startUs) : bearer
      }
    }
    return this.#begin(source, delta, startUs, nowUs)
  }

  /** Whether a start time shows that a router gave the identity of a record to another one. */
  #isAnother(row: number, startUs: number | undefined): boolean {
    const { rows } = this.#records.store
    if (startUs === undefined || !isCountedByRouter(rows.type(row))) return false
    const knownUs = rows.number(row, NUMBER.startTime)
    if (knownUs !== undefined) return startUs !== knownUs
    // Of a fragment only the end may be known.
    const endUs = rows.number(row, NUMBER.endTime)
    return endUs !== undefined && !rows.has(row, STATE.inferredEnd) && endUs < startUs
  }

  /** Whether a record of a closed incarnation is the one that a new incarnation mentions. */
  #isContinued(row: number, startUs: number | undefined): boolean {
    const { rows } = this.#records.store
    if (startUs !== undefined && startUs === rows.number(row, NUMBER.startTime)) return true
    return !isCountedByRouter(rows.type(row)) && rows.has(row, STATE.inferredEnd)
  }

  #begin(source: EventSource, delta: VanRecord, startUs: number | undefined, nowUs: number): number {
    const { store, retention } = this.#records
    if (!retention.makeRoom()) return 0
    // Asked only now, since making room may evict the bearer.
    const bearer = store.find(delta.identity)
    if (bearer !== 0 && store.rows.type(bearer) !== VACANT) {
      return this.#succeed(bearer, source, delta.type, startUs === undefined, nowUs)
    }
    const row = bearer === 0 ? store.add(delta.identity) : bearer
    this.#records.begin(row, delta.type, source)
    return row
  }

  /**
   * Begins a record that takes over another's identity. Those that refer to the identity and still mean it today
   * follow; those that ended keep what they meant.
   *
   * @param mayReturn the new record's beginning is not known, so it may prove to be the former one
   */
  #succeed(former: number, source: EventSource, type: number, mayReturn: boolean, nowUs: number): number {
    const { store, sources, addresses } = this.#records
    const { rows } = store
    const identity = store.identity(former)
    const owner = sources.at(rows.word(former, WORD.source))!
    const lives = !rows.has(former, STATE.ended)
    store.detach(former)
    const row = store.add(identity)
    this.#records.begin(row, type, source)
    if (mayReturn && rows.has(former, STATE.inferredEnd)) this.#records.former.set(identity, former)
    store.moveReferrers(former, row, referrer => {
      const other = sources.at(rows.word(referrer, WORD.source))
      if (other === undefined || !other.isOpen) return false
      return !rows.has(referrer, STATE.ended) || (other === source && owner !== source)
    })
    addresses.joinDependents(row)
    if (lives) this.#records.end(former, 'restarted', owner.toSourceUs(nowUs), nowUs)
    return row
  }

  /**
   * A delta brings the beginning, and with it all, of a record of which only later deltas were seen. If it is the
   * beginning of a former bearer of the identity, that one goes on. What the fragment said is dropped, since it may
   * have come from a router that restarted unnoticed; but its end stands.
   */
  #complete(source: EventSource, delta: VanRecord, fragment: number, startUs: number): number {
    const { store, former, addresses } = this.#records
    const { rows } = store
    if (rows.has(fragment, STATE.ended)) return fragment
    const earlier = former.get(delta.identity) ?? 0
    const goesOn =
      earlier !== 0 && rows.type(earlier) === delta.type && rows.number(earlier, NUMBER.startTime) === startUs
    store.detach(fragment)
    let row = earlier
    if (goesOn) {
      former.delete(delta.identity)
      store.attach(row)
      this.#records.own(row, source)
    } else {
      row = store.add(delta.identity)
      this.#records.begin(row, delta.type, source)
    }
    store.moveReferrers(fragment, row, () => true)
    this.#records.discard(fragment)
    addresses.joinDependents(row)
    return row
  }
}
