import { decimalFrom, trailingDecimal } from './decimal.ts'
import { WORD } from './layout.ts'
import type { Rows } from './rows.ts'
import { Texts } from './texts.ts'

/** Words of an entry: hash and row. */
const ENTRY_WORDS = 2
const SMALLEST = 256

/**
 * Which row bears an identity. Routers number their records (`fz6wq:29`), so an identity is kept as two words of its
 * row: the number of an interned prefix (`fz6wq:`) and the decimal number that follows. They are found through an open
 * table that touches one entry and the row itself, where a Map of strings touches six places in memory; and a flow
 * costs a hundred bytes less. Prefixes that nobody shares (`2f1c…`, a process) cost no more than in a Map.
 */
export class IdentityTable {
  readonly #rows: Rows
  readonly #prefixes = new Texts()
  /** Pairs of hash and row, probed linearly, at most half full; row 0 marks a free entry. */
  #entries = new Uint32Array(SMALLEST * ENTRY_WORDS)
  #mask = SMALLEST - 1
  #size = 0

  constructor(rows: Rows) {
    this.#rows = rows
  }

  /** Estimate of the memory held. */
  get bytes(): number {
    return this.#entries.byteLength + this.#prefixes.bytes
  }

  /** The row that bears an identity, or 0. */
  find(identity: string): number {
    const split = trailingDecimal(identity)
    const number = decimalFrom(identity, split)
    const hash = hashOf(identity, split, number)
    const entries = this.#entries
    for (let slot = hash & this.#mask; ; slot = (slot + 1) & this.#mask) {
      const row = entries[slot * ENTRY_WORDS + 1]!
      if (row === 0) return 0
      if (entries[slot * ENTRY_WORDS] === hash && this.#isNamed(row, identity, split, number)) return row
    }
  }

  /** Names a row that has no identity yet, and lets it bear that. */
  name(row: number, identity: string): void {
    const split = trailingDecimal(identity)
    this.#rows.setWord(row, WORD.identityPrefix, this.#prefixes.acquire(identity.slice(0, split)))
    this.#rows.setWord(row, WORD.identityNumber, split === identity.length ? NO_NUMBER : decimalFrom(identity, split))
    this.add(row)
  }

  /** Takes a row's identity for good; it must not bear it any more. */
  unname(row: number): void {
    this.#prefixes.release(this.#rows.word(row, WORD.identityPrefix))
  }

  /** The identity of a row that is named, whether it bears it or not. */
  identity(row: number): string {
    const number = this.#rows.word(row, WORD.identityNumber)
    const prefix = this.#prefixes.text(this.#rows.word(row, WORD.identityPrefix))
    return number === NO_NUMBER ? prefix : `${prefix}${number}`
  }

  /** Lets a named row bear its identity, which nobody bears. */
  add(row: number): void {
    this.#size += 1
    if (this.#size * 2 > this.#mask) this.#grow()
    this.#put(this.#hashOfRow(row), row)
  }

  /** A row bears its identity no more. */
  delete(row: number): void {
    const entries = this.#entries
    const mask = this.#mask
    let hole = this.#hashOfRow(row) & mask
    while (entries[hole * ENTRY_WORDS + 1] !== row) hole = (hole + 1) & mask
    // What follows moves up, unless that would take it before the place that its hash asks for.
    for (let slot = (hole + 1) & mask; entries[slot * ENTRY_WORDS + 1] !== 0; slot = (slot + 1) & mask) {
      const wanted = entries[slot * ENTRY_WORDS]! & mask
      if (((slot - wanted) & mask) < ((slot - hole) & mask)) continue
      entries[hole * ENTRY_WORDS] = entries[slot * ENTRY_WORDS]!
      entries[hole * ENTRY_WORDS + 1] = entries[slot * ENTRY_WORDS + 1]!
      hole = slot
    }
    entries[hole * ENTRY_WORDS + 1] = 0
    this.#size -= 1
  }

  #isNamed(row: number, identity: string, split: number, number: number): boolean {
    const expected = split === identity.length ? NO_NUMBER : number
    if (this.#rows.word(row, WORD.identityNumber) !== expected) return false
    const prefix = this.#prefixes.text(this.#rows.word(row, WORD.identityPrefix))
    if (prefix.length !== split) return false
    for (let at = 0; at < split; at += 1) if (prefix.charCodeAt(at) !== identity.charCodeAt(at)) return false
    return true
  }

  #hashOfRow(row: number): number {
    const prefix = this.#prefixes.text(this.#rows.word(row, WORD.identityPrefix))
    const number = this.#rows.word(row, WORD.identityNumber)
    return hashOf(prefix, prefix.length, number === NO_NUMBER ? 0 : number)
  }

  #put(hash: number, row: number): void {
    const entries = this.#entries
    let slot = hash & this.#mask
    while (entries[slot * ENTRY_WORDS + 1] !== 0) slot = (slot + 1) & this.#mask
    entries[slot * ENTRY_WORDS] = hash
    entries[slot * ENTRY_WORDS + 1] = row
  }

  #grow(): void {
    const former = this.#entries
    this.#entries = new Uint32Array(former.length * 2)
    this.#mask = this.#mask * 2 + 1
    for (let at = 0; at < former.length; at += ENTRY_WORDS) {
      if (former[at + 1] !== 0) this.#put(former[at]!, former[at + 1]!)
    }
  }
}

/** The number of an identity that ends with none; more than nine digits can say. */
const NO_NUMBER = 0xffff_ffff

/** Numbers that follow each other share a line of memory, eight at a time: their records come and change together. */
const GROUP_BITS = 3

function hashOf(identity: string, prefixLength: number, number: number): number {
  let hash = 0
  for (let at = 0; at < prefixLength; at += 1) hash = Math.imul(hash, 31) + identity.charCodeAt(at)
  hash = Math.imul(hash ^ (number >>> GROUP_BITS), 0x9e37_79b1)
  hash = Math.imul(hash ^ (hash >>> 15), 0x85eb_ca6b)
  hash ^= hash >>> 13
  return ((hash << GROUP_BITS) | (number & ((1 << GROUP_BITS) - 1))) >>> 0
}
