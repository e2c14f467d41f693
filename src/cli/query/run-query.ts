import type { ApiClient } from './api-client.ts'
import { pathsOf, type Query } from './query.ts'
import { Tables } from './tables.ts'

/** Asks once. */
export async function answer<Row>(query: Query<Row>, client: ApiClient, includeEnded: boolean): Promise<Row[]> {
  const tables = new Tables()
  await Promise.all(pathsOf(query).map(async ({ source, path }) => tables.merge(source, await client.list(path))))
  return query.rows(tables, includeEnded)
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
  const paths = pathsOf(query)
  const waiting = new Set(paths.map(({ path }) => path))
  let timer: NodeJS.Timeout | undefined
  const showNow = () => {
    timer = undefined
    show(query.rows(tables, includeEnded))
    for (const name of Object.keys(query.sources).slice(0, 1)) tables.forgetEnded(name, MAX_ENDED)
  }
  const stop = new AbortController()
  const stopped = AbortSignal.any([signal, stop.signal])
  const readAll = async ({ source, path }: { source: string; path: string }) => {
    for await (const objects of client.watch(path, stopped)) {
      tables.merge(source, objects)
      const isFirst = waiting.delete(path) && waiting.size === 0
      if (waiting.size === 0) timer ??= setTimeout(showNow, isFirst ? 0 : GATHER_MS)
    }
  }
  try {
    await Promise.all(paths.map(readAll))
  } finally {
    stop.abort()
    clearTimeout(timer)
  }
}
