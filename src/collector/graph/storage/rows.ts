import { type NumberField, ROW_WORDS, STATE, VACANT, WORD, type WordField } from './layout.ts'

/** Rows in a page; a page is one allocation. */
const PAGE_BITS = 10
const PAGE_ROWS = 1 << PAGE_BITS
const PAGE_MASK = PAGE_ROWS - 1

interface Page {
  words: Uint32Array
  /** The same memory, as 64-bit numbers. */
  numbers: Float64Array
}

/** Memory for records, in pages of rows. Row numbers start at 1 and are used again after their release. */
export class Rows {
  readonly #pages: Page[] = []
  readonly #free: number[] = []
  #end = 0
  #used = 0

  constructor() {
    // Row 0 means "none": it can be read, and holds nothing.
    this.#extend()
  }

  /** Rows in use. */
  get used(): number {
    return this.#used
  }

  /** Every row number ever used is below this one. */
  get end(): number {
    return this.#end
  }

  /** Takes a row; it is vacant, and all else in it 0. */
  allocate(): number {
    const row = this.#free.pop() ?? this.#extend()
    const { words } = this.#pages[row >>> PAGE_BITS]!
    const start = (row & PAGE_MASK) * ROW_WORDS
    const serial = words[start + WORD.serial]!
    words.fill(0, start, start + ROW_WORDS)
    words[start + WORD.serial] = serial + 1
    words[start + WORD.state] = VACANT
    this.#used += 1
    return row
  }

  release(row: number): void {
    const { words } = this.#pages[row >>> PAGE_BITS]!
    const start = (row & PAGE_MASK) * ROW_WORDS
    words[start + WORD.state] = VACANT
    words[start + WORD.serial] = words[start + WORD.serial]! + 1
    this.#free.push(row)
    this.#used -= 1
  }

  word(row: number, field: WordField): number {
    return this.#pages[row >>> PAGE_BITS]!.words[(row & PAGE_MASK) * ROW_WORDS + field]!
  }

  setWord(row: number, field: WordField, value: number): void {
    this.#pages[row >>> PAGE_BITS]!.words[(row & PAGE_MASK) * ROW_WORDS + field] = value
  }

  /** The record's type code, or `VACANT`. */
  type(row: number): number {
    return this.word(row, WORD.state) & STATE.typeMask
  }

  /** Whether any of the flags of `STATE` is set. */
  has(row: number, flags: number): boolean {
    return (this.word(row, WORD.state) & flags) !== 0
  }

  set(row: number, flags: number): void {
    this.setWord(row, WORD.state, this.word(row, WORD.state) | flags)
  }

  clear(row: number, flags: number): void {
    this.setWord(row, WORD.state, this.word(row, WORD.state) & ~flags)
  }

  /** A number of the row; undefined when it was never set. */
  number(row: number, field: NumberField): number | undefined {
    const page = this.#pages[row >>> PAGE_BITS]!
    const start = (row & PAGE_MASK) * ROW_WORDS
    const isSet = page.words[start + WORD.state]! & presenceOf(field)
    return isSet === 0 ? undefined : page.numbers[start / 2 + field]
  }

  /** Sets a number of the row. Returns whether it is another than before. */
  setNumber(row: number, field: NumberField, value: number): boolean {
    const page = this.#pages[row >>> PAGE_BITS]!
    const start = (row & PAGE_MASK) * ROW_WORDS
    const state = page.words[start + WORD.state]!
    const presence = presenceOf(field)
    const at = start / 2 + field
    if ((state & presence) !== 0 && page.numbers[at] === value) return false
    page.words[start + WORD.state] = state | presence
    page.numbers[at] = value
    return true
  }

  unsetNumber(row: number, field: NumberField): void {
    this.clear(row, presenceOf(field))
  }

  #extend(): number {
    const row = this.#end
    if (row >>> PAGE_BITS === this.#pages.length) {
      const memory = new ArrayBuffer(PAGE_ROWS * ROW_WORDS * 4)
      this.#pages.push({
        words: new Uint32Array(memory),
        numbers: new Float64Array(memory),
      })
    }
    this.#end += 1
    return row
  }
}

/** The bit of `WORD.state` that says that a number is set: fields 0 to 3, then 8 to 10. */
function presenceOf(field: NumberField): number {
  return 1 << (STATE.presentShift + (field < 8 ? field : field - 4))
}
