import { WORD } from './layout.ts'
import type { Rows } from './rows.ts'

/** A list of rows through their own words, oldest first; a row is in one such list at most. */
export class RowList {
  readonly #rows: Rows
  #first = 0
  #last = 0
  #length = 0

  constructor(rows: Rows) {
    this.#rows = rows
  }

  /** The oldest, or 0. */
  get first(): number {
    return this.#first
  }

  get length(): number {
    return this.#length
  }

  push(row: number): void {
    const rows = this.#rows
    rows.setWord(row, WORD.next, 0)
    rows.setWord(row, WORD.previous, this.#last)
    if (this.#last === 0) this.#first = row
    else rows.setWord(this.#last, WORD.next, row)
    this.#last = row
    this.#length += 1
  }

  /** Takes out a row, which must be in this list. */
  remove(row: number): void {
    const rows = this.#rows
    const next = rows.word(row, WORD.next)
    const previous = rows.word(row, WORD.previous)
    if (previous === 0) this.#first = next
    else rows.setWord(previous, WORD.next, next)
    if (next === 0) this.#last = previous
    else rows.setWord(next, WORD.previous, previous)
    this.#length -= 1
  }

  /** The one after a row, or 0. */
  after(row: number): number {
    return this.#rows.word(row, WORD.next)
  }
}
