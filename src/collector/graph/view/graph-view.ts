import { RECORD_TYPE, type RecordTypeName } from '../../../vanflow/index.ts'
import type { InferredRecord } from '../inferred/inferred-record.ts'
import { VanAddress } from '../inferred/van-address.ts'
import type { Records } from '../records.ts'
import type { ApplyOutcome } from '../source.ts'
import { VACANT, WORD } from '../storage/layout.ts'
import type { GraphStatistics, ViewChange, ViewPort, ViewRecord } from '../view-port.ts'
import { RecordView } from './record-view.ts'

/** The graph as its readers see it. */
export class GraphView implements ViewPort {
  readonly #records: Records
  readonly #outcomes: Readonly<Record<ApplyOutcome, number>>

  constructor(records: Records, outcomes: Readonly<Record<ApplyOutcome, number>>) {
    this.#records = records
    this.#outcomes = outcomes
  }

  get(identity: string): ViewRecord | undefined {
    const { store, inferred } = this.#records
    return this.#viewOf(store.find(identity)) ?? inferred.get(identity)
  }

  *byType(recordType: string): Generator<ViewRecord> {
    const { types, addresses, images, store } = this.#records
    if (recordType === 'VAN_ADDRESS') yield* addresses.values()
    const type = RECORD_TYPE[recordType as RecordTypeName] as number | undefined
    if (type === undefined) return
    // No source sends IMAGE records; should one, they stand beside the inferred ones.
    if (type === RECORD_TYPE.IMAGE) yield* images.values() as Iterable<InferredRecord>
    for (const row of types.of(type)) if (store.rows.type(row) === type) yield this.#records.view(row)
  }

  parentOf(record: ViewRecord): ViewRecord | undefined {
    return this.#viewOf(this.#records.store.parents.of(rowOf(record)))
  }

  targetOf(record: ViewRecord): ViewRecord | undefined {
    return this.#viewOf(this.#records.store.targets.of(rowOf(record)))
  }

  processOf(record: ViewRecord): ViewRecord | undefined {
    const row = rowOf(record)
    return row === 0 ? undefined : this.#viewOf(this.#records.reader.processOf(row))
  }

  children(record: ViewRecord): Iterable<ViewRecord> {
    return this.#snapshot(this.#records.store.parents.referring(rowOf(record)))
  }

  referrers(record: ViewRecord): Iterable<ViewRecord> {
    return this.#snapshot(this.#records.store.targets.referring(rowOf(record)))
  }

  address(vanAddress: string): ViewRecord | undefined {
    return this.#records.addresses.byName(vanAddress)
  }

  bindings(vanAddress: string): Iterable<ViewRecord> {
    return this.#snapshot(this.#records.addresses.byName(vanAddress)?.bindings ?? [])
  }

  addressOf(record: ViewRecord): string | undefined {
    if (record instanceof VanAddress) return record.name
    const { store, addresses } = this.#records
    const row = rowOf(record)
    return addresses.at(store.rows.word(row, WORD.address) || store.rows.word(row, WORD.connectorAddress))?.name
  }

  subscribe(listener: (change: ViewChange) => void): () => void {
    return this.#records.changes.subscribe(listener)
  }

  statistics(): GraphStatistics {
    const { live, retention, evicted, store } = this.#records
    return {
      live,
      ended: retention.size,
      outcomes: { ...this.#outcomes },
      evicted: { ...evicted },
      refusedAttributes: store.extras.refused,
      rows: store.rows.used,
      bytes: store.bytes,
    }
  }

  /** The record in a row; undefined when the row is vacant or 0. */
  #viewOf(row: number): RecordView | undefined {
    return row === 0 || this.#records.store.rows.type(row) === VACANT ? undefined : this.#records.view(row)
  }

  /** The records of rows as they are now; those evicted while a reader goes through them are left out. */
  *#snapshot(rows: Iterable<number>): Generator<ViewRecord> {
    for (const record of Array.from(rows, row => this.#records.view(row))) if (record.isRetained) yield record
  }
}

/** The row of a record that is retained, else 0: row 0 refers to nothing, and nothing refers to it. */
function rowOf(record: ViewRecord): number {
  return record instanceof RecordView && record.isRetained ? record.key : 0
}
