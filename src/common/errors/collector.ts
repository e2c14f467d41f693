import type { ErrorEntry } from './entry.ts'

/** Errors of the collector, its ingest and its API. */
export const COLLECTOR_ERRORS = {} as const satisfies Record<string, ErrorEntry>
