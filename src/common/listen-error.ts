import { codeOf, messageOf, TidemarkError } from './errors/index.ts'

/**
 * Why something cannot listen, as an error of the table: ADDRESS_IN_USE, LISTEN_FAILED.
 *
 * @param what who was to listen, as in `plugin api`
 * @param address where it was to listen
 */
export function listenError(what: string, address: string, error: unknown): TidemarkError {
  if (codeOf(error) === 'EADDRINUSE') return new TidemarkError('ADDRESS_IN_USE', { what, address }, error)
  return new TidemarkError('LISTEN_FAILED', { what, address, reason: messageOf(error) }, error)
}
