import { suggest, TidemarkError } from '../../common/index.ts'
import type { Health } from './api-client.ts'

/** What the reader of an answer must know of it beside its rows: how old it may be, or why it is empty. */
export function notesOn(health: Health | undefined, isEmpty: boolean): string[] {
  if (health === undefined) return []
  const { isConnected, reason, live, stale } = health
  if (!isConnected) {
    const consequence = isEmpty ? 'nothing is known' : 'what is shown may be out of date'
    return [`the collector does not see the network, so ${consequence}: ${reason}`]
  }
  if (live + stale === 0) return ['no router has told of itself yet; each does so within 10 s']
  if (stale > 0)
    return [`${stale} of ${live + stale} routers and controllers are silent; what they told may be out of date`]
  return isEmpty ? ['there is nothing to show; --ended shows what has ended, while it is kept'] : []
}

/**
 * Names that the network does not know, as the error that says so; undefined when it knows all.
 *
 * @param known the service addresses that there are
 */
export function unknownAddresses(wanted: readonly string[], known: readonly string[]): TidemarkError | undefined {
  const unknown = wanted.filter(address => !known.includes(address))
  if (unknown.length === 0) return undefined
  const near = unknown.map(address => suggest(address, known)).filter(address => address !== undefined)
  const hint = near.length === 0 ? '' : `did you mean ${near.map(address => `'${address}'`).join(', ')}? `
  return new TidemarkError('ADDRESS_UNKNOWN', { addresses: unknown.map(address => `'${address}'`).join(', '), hint })
}
