import type { ErrorEntry } from './entry.ts'

/** Errors of the host daemon and of the kernel it stands on. */
export const FLOWD_ERRORS = {} as const satisfies Record<string, ErrorEntry>
