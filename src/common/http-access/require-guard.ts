import { BlockList, isIP } from 'node:net'
import { bareHost } from '../bare-host.ts'
import { TidemarkError } from '../errors/index.ts'
import type { HttpAccessOptions } from './options.ts'

const LOOPBACK = new BlockList()
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4')
LOOPBACK.addAddress('::1', 'ipv6')

/**
 * Whether only this host reaches an address; brackets around IPv6 are allowed. A name counts when it is `localhost`.
 */
export function isLoopback(address: string): boolean {
  const bare = bareHost(address)
  const family = isIP(bare)
  if (family === 0) return bare === 'localhost'
  return LOOPBACK.check(bare, family === 4 ? 'ipv4' : 'ipv6')
}

/**
 * Refuses what would serve others unguarded: an address beyond loopback needs TLS and tokens or passwords, unless
 * `access: open` says otherwise.
 *
 * @param section the configuration's section that holds the keys, for messages: `http`, `plugins.api`
 * @throws TidemarkError HTTP_UNGUARDED, HTTP_KEY_PAIR_INCOMPLETE
 */
export function requireGuard(section: string, bindAddress: string, access: HttpAccessOptions): void {
  const hasCertificate = access.certificateFile !== ''
  if (hasCertificate !== (access.keyFile !== '')) throw new TidemarkError('HTTP_KEY_PAIR_INCOMPLETE', { section })
  if (access.access === 'open') return
  const missing = missingGuards(bindAddress, access)
  if (missing !== undefined) throw new TidemarkError('HTTP_UNGUARDED', { section, address: bindAddress, missing })
}

/** What an address lacks for others to be let in safely, in words; undefined when it lacks nothing. */
export function missingGuards(bindAddress: string, access: HttpAccessOptions): string | undefined {
  if (isLoopback(bindAddress)) return undefined
  const missing: string[] = []
  if (access.certificateFile === '') missing.push('TLS (certificateFile, keyFile)')
  if (access.tokenFile === '' && access.passwordFile === '') missing.push('tokenFile or passwordFile')
  return missing.length === 0 ? undefined : missing.join(' and without ')
}
