import { BlockList } from 'node:net'
import { addressFamily, withoutZone } from '../../scitags/index.ts'

/**
 * A set of networks and single addresses, each as `2001:db8::/32` or `192.0.2.1`. IPv4-mapped IPv6 is in an IPv6
 * network only.
 *
 * @returns whether an address is in one of them
 */
export function networkSet(networks: Iterable<string>): (address: string) => boolean {
  const lists = { ipv4: new BlockList(), ipv6: new BlockList() }
  for (const text of networks) {
    const [network = '', prefix] = text.split('/')
    const family = addressFamily(network)
    if (prefix === undefined) lists[family].addAddress(network, family)
    else lists[family].addSubnet(network, Number(prefix), family)
  }
  return address => {
    const family = addressFamily(address)
    return lists[family].check(withoutZone(address), family)
  }
}
