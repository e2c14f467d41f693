import { isIPv4, isIPv6 } from 'node:net'
import { queryHttpAddress } from './http-address.ts'
import type { AddressMappingOptions } from './options.ts'
import { queryMappedAddress, type StunServer } from './stun/index.ts'

const STUN_PORT = 3478
const ATTEMPT_MS = 5_000

/** Learns how others see a local address. */
export type AskPublicAddress = (localAddress: string, signal: AbortSignal) => Promise<string>

/**
 * Asks each web service, then each STUN server, until one answers.
 *
 * @throws AggregateError of every failure, when none does
 */
export function askInTurn(options: Pick<AddressMappingOptions, 'httpServices' | 'stunServers'>): AskPublicAddress {
  const sources: AskPublicAddress[] = [
    ...options.httpServices.map(
      (url): AskPublicAddress =>
        (localAddress, signal) =>
          queryHttpAddress({ url, localAddress, signal: AbortSignal.any([signal, AbortSignal.timeout(ATTEMPT_MS)]) }),
    ),
    ...options.stunServers.map(parseStunServer).map(
      (server): AskPublicAddress =>
        async (localAddress, signal) => {
          const family = isIPv4(localAddress) ? 'ipv4' : 'ipv6'
          const answer = await queryMappedAddress({ server, family, localAddress, timeoutMs: ATTEMPT_MS, signal })
          return answer.address
        },
    ),
  ]
  return async (localAddress, signal) => {
    const failures: unknown[] = []
    for (const ask of sources) {
      signal.throwIfAborted()
      try {
        return await ask(localAddress, signal)
      } catch (error) {
        failures.push(error)
      }
    }
    throw new AggregateError(failures, `nobody says how ${localAddress} is seen from outside`)
  }
}

/** Reads `host:port`, `[2001:db8::1]:3478`, a bare host or address, and the older `stun:host:port`. */
export function parseStunServer(text: string): StunServer {
  const plain = text.replace(/^stun:/, '')
  if (isIPv6(plain)) return { host: plain, port: STUN_PORT }
  const [, bracketed, host, port] = plain.match(/^(?:\[(.+)\]|(.+?))(?::(\d+))?$/) ?? []
  return { host: bracketed ?? host ?? plain, port: port === undefined ? STUN_PORT : Number(port) }
}
