import { messageOf } from '../../common/index.ts'
import { localAddresses } from './local-addresses.ts'
import { type AddressReach, addressReach } from './public-address.ts'
import { type AskPublicAddress, askInTurn } from './public-view.ts'

/** One way to learn how an address is seen from outside, and what it gave. */
export interface AddressSample {
  address: string
  reach: AddressReach
  /** The web service or STUN server asked; only private addresses are asked about. */
  source?: string
  seenAs?: string
  problem?: string
}

/**
 * Tries every source on every private address of this host, each by itself, so that one sees which of them work.
 *
 * @param sources as in the configuration
 */
export async function sampleAddresses(
  sources: { httpServices: readonly string[]; stunServers: readonly string[] },
  signal: AbortSignal,
): Promise<AddressSample[]> {
  const asks = [
    ...sources.httpServices.map(url => ({ source: url, ask: askInTurn({ httpServices: [url], stunServers: [] }) })),
    ...sources.stunServers.map(name => ({ source: name, ask: askInTurn({ httpServices: [], stunServers: [name] }) })),
  ]
  const samples = localAddresses().flatMap(address => {
    const reach = addressReach(address)
    if (reach !== 'private') return [Promise.resolve<AddressSample>({ address, reach })]
    return asks.map(async ({ source, ask }) => ({ address, reach, source, ...(await attempt(ask, address, signal)) }))
  })
  return Promise.all(samples)
}

async function attempt(ask: AskPublicAddress, address: string, signal: AbortSignal): Promise<Partial<AddressSample>> {
  try {
    return { seenAs: await ask(address, signal) }
  } catch (error) {
    signal.throwIfAborted()
    return { problem: error instanceof AggregateError ? error.errors.map(messageOf).join('; ') : messageOf(error) }
  }
}
