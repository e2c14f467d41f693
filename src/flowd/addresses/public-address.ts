import { BlockList, isIPv4 } from 'node:net'
import { withoutZone } from '../../scitags/index.ts'

/**
 * Address blocks that the public internet does not route to a host (IANA special-purpose registries), as flowd-go has
 * them. IPv4-mapped IPv6 is left out: such an address is judged by nobody's list.
 */
const IPV4_BLOCKS = `0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24
  192.0.2.0/24 192.31.196.0/24 192.52.193.0/24 192.88.99.0/24 192.168.0.0/16 192.175.48.0/24 198.18.0.0/15
  198.51.100.0/24 203.0.113.0/24 224.0.0.0/4 240.0.0.0/4`
const IPV6_BLOCKS = `::/128 ::1/128 64:ff9b::/96 64:ff9b:1::/48 100::/64 2001::/23 2001:db8::/32 2002::/16
  2620:4f:8000::/48 3fff::/20 5f00::/16 fc00::/7 fe80::/10 ff00::/8`

const SPECIAL = { ipv4: blockList('ipv4', IPV4_BLOCKS), ipv6: blockList('ipv6', IPV6_BLOCKS) }
const LOOPBACK = { ipv4: blockList('ipv4', '127.0.0.0/8'), ipv6: blockList('ipv6', '::1/128') }
const LINK_LOCAL = { ipv4: blockList('ipv4', '169.254.0.0/16'), ipv6: blockList('ipv6', 'fe80::/10') }

/** How far an address of a host reaches. */
export type AddressReach = 'loopback' | 'link-local' | 'private' | 'public'

export function addressReach(address: string): AddressReach {
  if (!isWithin(SPECIAL, address)) return 'public'
  if (isWithin(LOOPBACK, address)) return 'loopback'
  return isWithin(LINK_LOCAL, address) ? 'link-local' : 'private'
}

function isWithin(lists: Readonly<Record<'ipv4' | 'ipv6', BlockList>>, address: string): boolean {
  const plain = withoutZone(address)
  const family = isIPv4(plain) ? 'ipv4' : 'ipv6'
  return lists[family].check(plain, family)
}

function blockList(family: 'ipv4' | 'ipv6', blocks: string): BlockList {
  const list = new BlockList()
  for (const block of blocks.split(/\s+/)) {
    const [network = '', prefix = ''] = block.split('/')
    list.addSubnet(network, Number(prefix), family)
  }
  return list
}
