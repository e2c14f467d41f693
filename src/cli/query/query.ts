import type { Column } from '../table.ts'
import type { Tables } from './tables.ts'

/** One question to the collector: where it reads, and how what it read becomes rows. */
export interface Query<Row> {
  /** Paths of v1alpha1 by a name of the query's own; the first name holds what the rows are made of. */
  sources: Readonly<Record<string, readonly string[]>>
  columns: readonly Column<Row>[]
  /** The rows in the order in which they are printed. */
  rows(tables: Tables, includeEnded: boolean): Row[]
  /** What stays the same of a row while the rest changes. */
  key(row: Row): string
  /** Why a row has ended; empty while it lives. */
  ended(row: Row): string
}

/** Every path that a query reads, with the name of its source. */
export function pathsOf<Row>({ sources }: Query<Row>): { source: string; path: string }[] {
  return Object.entries(sources).flatMap(([source, paths]) => paths.map(path => ({ source, path })))
}

/** The columns of a query, with one that tells what has ended where such rows are shown. */
export function columnsOf<Row>(query: Query<Row>, includeEnded: boolean): readonly Column<Row>[] {
  return includeEnded ? [...query.columns, { heading: 'ended', value: query.ended, isOptional: true }] : query.columns
}

/** What every query may be told. */
export interface QueryOptions {
  /** Also show what has ended. */
  ended: boolean
}
