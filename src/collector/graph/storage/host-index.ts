import { WORD } from './layout.ts'
import type { Rows } from './rows.ts'

/**
 * Which flows and connectors are at a host, so that they can be told when the process there becomes known. They form a
 * list through their own rows, newest first; hosts are numbers of interned texts.
 */
export class HostIndex {
  readonly #rows: Rows
  /** The newest row at each host. */
  readonly #newest = new Map<number, number>()

  constructor(rows: Rows) {
    this.#rows = rows
  }

  add(row: number, host: number): void {
    const rows = this.#rows
    const next = this.#newest.get(host) ?? 0
    rows.setWord(row, WORD.nextAtHost, next)
    rows.setWord(row, WORD.previousAtHost, 0)
    if (next !== 0) rows.setWord(next, WORD.previousAtHost, row)
    this.#newest.set(host, row)
  }

  /** Takes out a row, which must be at this host. */
  remove(row: number, host: number): void {
    const rows = this.#rows
    const next = rows.word(row, WORD.nextAtHost)
    const previous = rows.word(row, WORD.previousAtHost)
    if (next !== 0) rows.setWord(next, WORD.previousAtHost, previous)
    if (previous !== 0) rows.setWord(previous, WORD.nextAtHost, next)
    else if (next !== 0) this.#newest.set(host, next)
    else this.#newest.delete(host)
  }

  *at(host: number): Generator<number> {
    for (let row = this.#newest.get(host) ?? 0; row !== 0; row = this.#rows.word(row, WORD.nextAtHost)) yield row
  }
}
