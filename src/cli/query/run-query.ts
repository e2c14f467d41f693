import { formatRows, type OutputFormat } from '../output.ts'
import type { ApiClient } from './api-client.ts'
import { columnsOf, type Query } from './query.ts'
import { Tables } from './tables.ts'

/** Asks once. Returns what to print. */
export async function answer<Row>(
  query: Query<Row>,
  client: ApiClient,
  output: OutputFormat,
  includeEnded: boolean,
): Promise<{ text: string; tables: Tables }> {
  const tables = new Tables()
  const read = async ([source, path]: [string, string]) => tables.merge(source, await client.list(path))
  await Promise.all(Object.entries(query.sources).map(read))
  return { text: formatRows(output, columnsOf(query, includeEnded), query.rows(tables, includeEnded)), tables }
}

/** How long changes are gathered before they are shown. */
const GATHER_MS = 200
/** Ended objects that a watch remembers. */
const MAX_ENDED = 1000

/** What shows the rows each time something changed. */
export type ShowRows<Row> = (rows: readonly Row[]) => void

/**
 * Follows a query until the signal aborts: shows the rows when every source has given its list, and again after
 * changes.
 *
 * @throws TidemarkError COLLECTOR_UNREACHABLE, COLLECTOR_REFUSED, COLLECTOR_ENDED_WATCH
 */
export async function follow<Row>(
  query: Query<Row>,
  client: ApiClient,
  includeEnded: boolean,
  show: ShowRows<Row>,
  signal: AbortSignal,
): Promise<void> {
  const tables = new Tables()
  const names = Object.keys(query.sources)
  const waiting = new Set(names)
  let timer: NodeJS.Timeout | undefined
  const showNow = () => {
    timer = undefined
    show(query.rows(tables, includeEnded))
    for (const name of names.slice(0, 1)) tables.forgetEnded(name, MAX_ENDED)
  }
  const stop = new AbortController()
  const stopped = AbortSignal.any([signal, stop.signal])
  const readAll = async ([source, path]: [string, string]) => {
    for await (const objects of client.watch(path, stopped)) {
      tables.merge(source, objects)
      const isFirst = waiting.delete(source) && waiting.size === 0
      if (waiting.size === 0) timer ??= setTimeout(showNow, isFirst ? 0 : GATHER_MS)
    }
  }
  try {
    await Promise.all(Object.entries(query.sources).map(readAll))
  } finally {
    stop.abort()
    clearTimeout(timer)
  }
}
