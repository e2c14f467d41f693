import { type AttributeValue, recordTypeName } from '../../../vanflow/index.ts'
import { endReasonOf } from '../end-reasons.ts'
import type { EndReason } from '../source.ts'
import { NUMBER, STATE, WORD } from '../storage/layout.ts'
import type { RecordStore } from '../storage/record-store.ts'
import type { Rows } from '../storage/rows.ts'
import type { ViewRecord } from '../view-port.ts'
import { attributeCode } from './attribute-names.ts'
import type { RecordReader } from './record-reader.ts'

/** A record in a row, read when asked; says nothing any more once its row has another record. */
export class RecordView implements ViewRecord {
  readonly identity: string
  readonly recordType: string
  /** The record's row. */
  readonly key: number
  readonly #serial: number
  readonly #rows: Rows
  readonly #reader: RecordReader

  constructor(store: RecordStore, reader: RecordReader, row: number) {
    const { rows } = store
    this.identity = store.identity(row)
    this.recordType = recordTypeName(rows.type(row)) ?? ''
    this.key = row
    this.#serial = rows.word(row, WORD.serial)
    this.#rows = rows
    this.#reader = reader
  }

  get isRetained(): boolean {
    return this.#rows.word(this.key, WORD.serial) === this.#serial
  }

  get attributes(): Readonly<Record<string, AttributeValue>> {
    return this.isRetained ? this.#reader.attributes(this.key) : {}
  }

  get(name: string): AttributeValue | undefined {
    if (!this.isRetained) return undefined
    const code = attributeCode(this.#rows.type(this.key), name)
    return code === undefined ? undefined : this.#reader.attribute(this.key, code)
  }

  get startTimeUs(): number | undefined {
    return this.isRetained ? this.#rows.number(this.key, NUMBER.startTime) : undefined
  }

  get endTimeUs(): number | undefined {
    return this.isRetained ? this.#rows.number(this.key, NUMBER.endTime) : undefined
  }

  get endReason(): EndReason | undefined {
    return this.isRetained ? endReasonOf(this.#rows, this.key) : undefined
  }

  get durationUs(): number | undefined {
    return this.isRetained ? this.#reader.durationUs(this.key) : undefined
  }

  get sourceId(): string | undefined {
    return this.isRetained ? this.#reader.sourceOf(this.key)?.id : undefined
  }

  get isIncomplete(): boolean {
    return this.isRetained && !this.#rows.has(this.key, STATE.begun)
  }
}
