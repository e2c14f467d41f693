import type { AttributeValue } from '../../../vanflow/index.ts'

const RECORD_BYTES = 180
const ENTRY_BYTES = 60

/** The most attributes that a record may have beside those in its row; the table knows fewer than 60. */
const MOST_ATTRIBUTES = 128

/** Attributes outside rows: those that no flow has, unknown ones by their number, and values of unexpected kinds. */
export class Extras {
  readonly #records = new Map<number, Map<number, AttributeValue>>()
  #bytes = 0
  #refused = 0

  /** Estimate of the memory held. */
  get bytes(): number {
    return this.#bytes
  }

  /** Attributes that were not kept, because their record had too many. */
  get refused(): number {
    return this.#refused
  }

  get(row: number, code: number): AttributeValue | undefined {
    return this.#records.get(row)?.get(code)
  }

  /** The attributes of a row that has any, by code. */
  of(row: number): ReadonlyMap<number, AttributeValue> | undefined {
    return this.#records.get(row)
  }

  /** Returns whether the value is another than before. */
  set(row: number, code: number, value: AttributeValue): boolean {
    let record = this.#records.get(row)
    if (record === undefined) {
      record = new Map()
      this.#records.set(row, record)
      this.#bytes += RECORD_BYTES
    }
    const former = record.get(code)
    if (former === value) return false
    if (former === undefined && record.size >= MOST_ATTRIBUTES) {
      this.#refused += 1
      return false
    }
    record.set(code, value)
    this.#bytes += bytesOf(value) - (former === undefined ? 0 : bytesOf(former))
    return true
  }

  unset(row: number, code: number): void {
    const record = this.#records.get(row)
    const former = record?.get(code)
    if (record === undefined || former === undefined) return
    record.delete(code)
    this.#bytes -= bytesOf(former)
  }

  clear(row: number): void {
    const record = this.#records.get(row)
    if (record === undefined) return
    for (const value of record.values()) this.#bytes -= bytesOf(value)
    this.#bytes -= RECORD_BYTES
    this.#records.delete(row)
  }
}

function bytesOf(value: AttributeValue): number {
  return ENTRY_BYTES + (typeof value === 'string' ? value.length : 0)
}
