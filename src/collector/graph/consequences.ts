import { ATTRIBUTE, RECORD_TYPE } from '../../vanflow/index.ts'
import { isBindingType, isFlowType } from './record-kinds.ts'
import type { Records } from './records.ts'
import { NUMBER, STATE, VACANT, WORD } from './storage/layout.ts'

const { ROUTER, LINK, PROCESS, ROUTER_ACCESS, BIFLOW_TPORT, FLOW } = RECORD_TYPE

/** What a delta touched that others depend on. */
export const TOUCHED = { nothing: 0, links: 1, address: 2, host: 4, image: 8, name: 16 } as const

const TOUCHED_BY = new Uint8Array(256)
for (const name of ['parent', 'startTime', 'connector', 'counterflow', 'peer', 'process'] as const) {
  TOUCHED_BY[ATTRIBUTE[name]] = TOUCHED.links
}
TOUCHED_BY[ATTRIBUTE.vanAddress] = TOUCHED.address
TOUCHED_BY[ATTRIBUTE.sourceHost] = TOUCHED.host
TOUCHED_BY[ATTRIBUTE.imageName] = TOUCHED.image
TOUCHED_BY[ATTRIBUTE.name] = TOUCHED.name

export function touchedBy(code: number): number {
  return TOUCHED_BY[code] ?? TOUCHED.nothing
}

/** What follows for other records when a record changed: who belongs to what, and who looks different now. */
export class Consequences {
  readonly #records: Records

  constructor(records: Records) {
    this.#records = records
  }

  /** @param touched one or more of `TOUCHED` */
  of(row: number, type: number, touched: number): void {
    const { store, addresses } = this.#records
    if ((touched & TOUCHED.links) !== 0) this.#noteBeginning(row)
    if (isFlowType(type)) {
      if ((touched & TOUCHED.links) !== 0) addresses.join(row)
    } else if (isBindingType(type)) {
      if ((touched & TOUCHED.address) !== 0) addresses.bind(row, String(store.get(row, ATTRIBUTE.vanAddress)))
    } else if (type === PROCESS) {
      this.#placeProcess(row, touched)
    }
    if (this.#records.changes.isWatched) this.#tellOthers(row, type, touched)
  }

  /** A record has begun once its start time or parent is known. */
  #noteBeginning(row: number): void {
    const { rows, parents } = this.#records.store
    if (parents.of(row) !== 0 || rows.number(row, NUMBER.startTime) !== undefined) rows.set(row, STATE.begun)
  }

  #placeProcess(row: number, touched: number): void {
    const { store, processes, images } = this.#records
    if ((touched & (TOUCHED.links | TOUCHED.host)) !== 0) processes.place(row)
    const image = (touched & TOUCHED.image) === 0 ? undefined : store.get(row, ATTRIBUTE.imageName)
    if (typeof image === 'string' && image !== '') images.set(row, image)
  }

  /** Tells watchers of the records that look different now, though no delta of theirs came. */
  #tellOthers(row: number, type: number, touched: number): void {
    const { rows, parents, targets } = this.#records.store
    const isRelinked = (touched & TOUCHED.links) !== 0
    if (type === PROCESS && (touched & (TOUCHED.links | TOUCHED.host)) !== 0) this.#tellThoseAt(row)
    if (type === ROUTER_ACCESS && isRelinked) this.#tellAll(targets.referring(row))
    if (type === BIFLOW_TPORT && isRelinked) this.#tellAll(parents.referring(row))
    if (type === FLOW && isRelinked) this.#tellAll([targets.of(row)])
    if (type !== ROUTER || (touched & (TOUCHED.links | TOUCHED.name)) === 0) return
    // Links are shown by the names of the routers at both ends.
    for (const child of parents.referring(row)) {
      if (rows.type(child) === LINK) this.#tellAll([child])
      else if (rows.type(child) === ROUTER_ACCESS) this.#tellAll(targets.referring(child))
    }
  }

  /** The flows and connectors that a process is at the end of. */
  #tellThoseAt(process: number): void {
    const { store, reader } = this.#records
    const host = store.rows.word(process, WORD.sourceHost)
    for (const row of store.hosts.at(host)) if (reader.processOf(row) === process) this.#records.tell('updated', row)
  }

  #tellAll(others: Iterable<number>): void {
    const { rows } = this.#records.store
    for (const row of others) {
      if (row !== 0 && rows.type(row) !== VACANT) this.#records.tell('updated', row)
    }
  }
}
