import { messageOf, TidemarkError } from './errors/index.ts'

/**
 * Why something cannot listen, as an error of the table: ADDRESS_IN_USE, LISTEN_FAILED.
 *
 * @param what who was to listen, as in `plugin api`
 * @param address where it was to listen
 */
export function listenError(what: string, address: string, error: unknown): TidemarkError {
  const inUse = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE'
  if (inUse) return new TidemarkError('ADDRESS_IN_USE', { what, address }, error)
  return new TidemarkError('LISTEN_FAILED', { what, address, reason: messageOf(error) }, error)
}
