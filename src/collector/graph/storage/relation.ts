import { WORD, type WordField } from './layout.ts'
import type { Rows } from './rows.ts'

/** The words that a relation uses: in the row that refers, and (`first`) in the row that is referred to. */
interface RelationFields {
  reference: WordField
  first: WordField
  next: WordField
  previous: WordField
}

export const PARENT_FIELDS: RelationFields = {
  reference: WORD.parent,
  first: WORD.firstChild,
  next: WORD.nextChild,
  previous: WORD.previousChild,
}

export const TARGET_FIELDS: RelationFields = {
  reference: WORD.target,
  first: WORD.firstReferrer,
  next: WORD.nextReferrer,
  previous: WORD.previousReferrer,
}

/**
 * A reference from records to records, with its reverse index: those that refer to a row form a list through their
 * own rows, in the order in which they came. The row referred to need not hold a record yet, which is all that it
 * takes to make links whichever side arrives first. The first of a list knows the last as its `previous`.
 */
export class Relation {
  readonly #rows: Rows
  readonly #fields: RelationFields

  constructor(rows: Rows, fields: RelationFields) {
    this.#rows = rows
    this.#fields = fields
  }

  /** The row that a row refers to, or 0. */
  of(row: number): number {
    return this.#rows.word(row, this.#fields.reference)
  }

  /** Makes a row refer to another; it must not refer to any yet. */
  link(row: number, to: number): void {
    const rows = this.#rows
    const { reference, first, next, previous } = this.#fields
    rows.setWord(row, reference, to)
    rows.setWord(row, next, 0)
    const head = rows.word(to, first)
    if (head === 0) {
      rows.setWord(to, first, row)
      rows.setWord(row, previous, row)
      return
    }
    const last = rows.word(head, previous)
    rows.setWord(last, next, row)
    rows.setWord(row, previous, last)
    rows.setWord(head, previous, row)
  }

  /** Takes back a row's reference. Returns the row it referred to, or 0. */
  unlink(row: number): number {
    const rows = this.#rows
    const { reference, first, next, previous } = this.#fields
    const to = rows.word(row, reference)
    if (to === 0) return 0
    const head = rows.word(to, first)
    const after = rows.word(row, next)
    const before = rows.word(row, previous)
    if (head === row) rows.setWord(to, first, after)
    else rows.setWord(before, next, after)
    if (after !== 0) rows.setWord(after, previous, before)
    else if (head !== row) rows.setWord(head, previous, before)
    rows.setWord(row, reference, 0)
    return to
  }

  hasAny(to: number): boolean {
    return this.#rows.word(to, this.#fields.first) !== 0
  }

  /** The rows that refer to a row. The one just yielded may be unlinked, others not, while this runs. */
  *referring(to: number): Generator<number> {
    let row = this.#rows.word(to, this.#fields.first)
    while (row !== 0) {
      const next = this.#rows.word(row, this.#fields.next)
      yield row
      row = next
    }
  }
}
