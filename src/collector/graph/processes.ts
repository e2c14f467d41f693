import { ATTRIBUTE } from '../../vanflow/index.ts'
import { endReasonOf } from './end-reasons.ts'
import type { EventSources } from './event-sources.ts'
import { NUMBER, WORD } from './storage/layout.ts'
import type { RecordStore } from './storage/record-store.ts'

/**
 * Processes by site and host: the same address in two sites means two processes, and one address in one site may mean
 * several in turns, as pods come and go.
 */
export class Processes {
  readonly #store: RecordStore
  readonly #sources: EventSources
  readonly #byPlace = new Map<string, Set<number>>()
  readonly #placeOf = new Map<number, string>()

  constructor(store: RecordStore, sources: EventSources) {
    this.#store = store
    this.#sources = sources
  }

  /** A PROCESS has another site or host than before. */
  place(row: number): void {
    this.remove(row)
    const site = this.#store.get(row, ATTRIBUTE.parent)
    const host = this.#store.text(row, WORD.sourceHost)
    if (typeof site !== 'string' || host === undefined || host === '') return
    const place = placeOf(site, host)
    const processes = this.#byPlace.get(place) ?? new Set()
    this.#byPlace.set(place, processes.add(row))
    this.#placeOf.set(row, place)
  }

  /** A PROCESS is evicted. */
  remove(row: number): void {
    const place = this.#placeOf.get(row)
    if (place === undefined) return
    this.#placeOf.delete(row)
    const processes = this.#byPlace.get(place)
    processes?.delete(row)
    if (processes?.size === 0) this.#byPlace.delete(place)
  }

  /**
   * The process that had a host of a site at a time: of those that had not ended by then the one that began last
   * before it, or else the first to begin after it. 0 when there is none.
   *
   * @param atUs by the collector's clock; undefined for now
   */
  find(site: string, host: string, atUs: number | undefined): number {
    let best = 0
    let bestBeganUs = Number.NEGATIVE_INFINITY
    for (const row of this.#byPlace.get(placeOf(site, host)) ?? []) {
      if (this.#hadEnded(row, atUs)) continue
      const beganUs = this.#time(row, NUMBER.startTime) ?? Number.NEGATIVE_INFINITY
      if (best === 0 || isBetter(beganUs, bestBeganUs, atUs ?? Number.POSITIVE_INFINITY)) {
        best = row
        bestBeganUs = beganUs
      }
    }
    return best
  }

  /** Whether a process was gone at a time. What only its silent source ended may well go on. */
  #hadEnded(row: number, atUs: number | undefined): boolean {
    const reason = endReasonOf(this.#store.rows, row)
    if (reason !== 'reported' && reason !== 'swept') return false
    const endedUs = this.#time(row, NUMBER.endTime)
    return atUs === undefined || endedUs === undefined || endedUs < atUs
  }

  /** A time of a record by the collector's clock. */
  #time(row: number, field: typeof NUMBER.startTime | typeof NUMBER.endTime): number | undefined {
    const timeUs = this.#store.rows.number(row, field)
    const offsetUs = this.#sources.at(this.#store.rows.word(row, WORD.source))?.clockOffsetUs ?? 0
    return timeUs === undefined ? undefined : timeUs + offsetUs
  }
}

function isBetter(beganUs: number, bestBeganUs: number, atUs: number): boolean {
  if (bestBeganUs <= atUs) return beganUs <= atUs && beganUs > bestBeganUs
  return beganUs < bestBeganUs
}

function placeOf(site: string, host: string): string {
  return `${host}\n${site}`
}
