import { WORD } from './layout.ts'
import type { Rows } from './rows.ts'
import { isInterned } from './texts.ts'

/**
 * Which flows and connectors are at a host, so that they can be told when the process there becomes known. They form a
 * list through their own rows, newest first. Hosts are numbers of texts; those that are plain numbers are no hosts.
 */
export class HostIndex {
  readonly #rows: Rows
  /** The newest row at each host, 0 or nothing where there is none. */
  readonly #newest: number[] = []

  constructor(rows: Rows) {
    this.#rows = rows
  }

  add(row: number, host: number): void {
    if (!isInterned(host)) return
    const rows = this.#rows
    const next = this.#newest[host] ?? 0
    rows.setWord(row, WORD.nextAtHost, next)
    rows.setWord(row, WORD.previousAtHost, 0)
    if (next !== 0) rows.setWord(next, WORD.previousAtHost, row)
    this.#newest[host] = row
  }

  /** Takes out a row, which must be at this host. */
  remove(row: number, host: number): void {
    if (!isInterned(host)) return
    const rows = this.#rows
    const next = rows.word(row, WORD.nextAtHost)
    const previous = rows.word(row, WORD.previousAtHost)
    if (next !== 0) rows.setWord(next, WORD.previousAtHost, previous)
    if (previous !== 0) rows.setWord(previous, WORD.nextAtHost, next)
    else this.#newest[host] = next
  }

  *at(host: number): Generator<number> {
    for (let row = this.#newest[host] ?? 0; row !== 0; row = this.#rows.word(row, WORD.nextAtHost)) yield row
  }
}
