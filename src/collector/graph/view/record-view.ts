import { type AttributeValue, RECORD_TYPES } from '../../../vanflow/index.ts'
import { endReasonOf } from '../end-reasons.ts'
import type { EndReason } from '../source.ts'
import { NUMBER, STATE, WORD } from '../storage/layout.ts'
import type { RecordStore } from '../storage/record-store.ts'
import type { ViewRecord } from '../view-port.ts'
import { attributeCode } from './attribute-names.ts'
import type { RecordReader } from './record-reader.ts'

/**
 * A record in a row, read when asked; says nothing any more once its row has another record. One is made for each
 * change that somebody listens to, so making one costs next to nothing.
 */
export class RecordView implements ViewRecord {
  readonly recordType: string
  /** The record's row. */
  readonly key: number
  readonly #store: RecordStore
  readonly #reader: RecordReader
  readonly #serial: number
  #identity = ''

  constructor(store: RecordStore, reader: RecordReader, row: number) {
    this.recordType = RECORD_TYPES[store.rows.type(row)] ?? ''
    this.key = row
    this.#store = store
    this.#reader = reader
    this.#serial = store.rows.word(row, WORD.serial)
  }

  get isRetained(): boolean {
    return this.#store.rows.word(this.key, WORD.serial) === this.#serial
  }

  get identity(): string {
    if (this.#identity === '' && this.isRetained) this.#identity = this.#store.identity(this.key)
    return this.#identity
  }

  get attributes(): Readonly<Record<string, AttributeValue>> {
    return this.isRetained ? this.#reader.attributes(this.key) : {}
  }

  get(name: string): AttributeValue | undefined {
    if (!this.isRetained) return undefined
    const code = attributeCode(this.#store.rows.type(this.key), name)
    return code === undefined ? undefined : this.#reader.attribute(this.key, code)
  }

  get startTimeUs(): number | undefined {
    return this.isRetained ? this.#store.rows.number(this.key, NUMBER.startTime) : undefined
  }

  get endTimeUs(): number | undefined {
    return this.isRetained ? this.#store.rows.number(this.key, NUMBER.endTime) : undefined
  }

  get endReason(): EndReason | undefined {
    return this.isRetained ? endReasonOf(this.#store.rows, this.key) : undefined
  }

  get durationUs(): number | undefined {
    return this.isRetained ? this.#reader.durationUs(this.key) : undefined
  }

  get sourceId(): string | undefined {
    return this.isRetained ? this.#reader.sourceOf(this.key)?.id : undefined
  }

  get isIncomplete(): boolean {
    return this.isRetained && !this.#store.rows.has(this.key, STATE.begun)
  }
}
