import { networkSet } from './networks.ts'

/**
 * Address blocks that the public internet does not route to a host (IANA special-purpose registries), as flowd-go has
 * them. IPv4-mapped IPv6 is left out: such an address is judged by nobody's list.
 */
const IPV4_BLOCKS = `0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24
  192.0.2.0/24 192.31.196.0/24 192.52.193.0/24 192.88.99.0/24 192.168.0.0/16 192.175.48.0/24 198.18.0.0/15
  198.51.100.0/24 203.0.113.0/24 224.0.0.0/4 240.0.0.0/4`
const IPV6_BLOCKS = `::/128 ::1/128 64:ff9b::/96 64:ff9b:1::/48 100::/64 2001::/23 2001:db8::/32 2002::/16
  2620:4f:8000::/48 3fff::/20 5f00::/16 fc00::/7 fe80::/10 ff00::/8`

const isSpecial = networkSet(`${IPV4_BLOCKS} ${IPV6_BLOCKS}`.split(/\s+/))
const isAtLoopback = networkSet(['127.0.0.0/8', '::1/128'])
const isLinkLocal = networkSet(['169.254.0.0/16', 'fe80::/10'])

/** How far an address of a host reaches. */
export type AddressReach = 'loopback' | 'link-local' | 'private' | 'public'

export function addressReach(address: string): AddressReach {
  if (!isSpecial(address)) return 'public'
  if (isAtLoopback(address)) return 'loopback'
  return isLinkLocal(address) ? 'link-local' : 'private'
}
