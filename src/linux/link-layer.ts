import { ARPHRD, type Link } from './netlink/index.ts'

/** Before the IP header of a packet on Ethernet, VLAN tags aside. */
export const ETHERNET_HEADER_BYTES = 14

/**
 * How many bytes come before the IP header in a packet that the kernel hands to a tc program on the egress of an
 * interface, VLAN tags aside; undefined where that is not known. TUN, WireGuard, PPP and IP-in-IP tunnels have none:
 * what they wrap around a packet is added later.
 */
export function linkHeaderBytes(link: Pick<Link, 'arphrd'>): number | undefined {
  switch (link.arphrd) {
    case ARPHRD.ETHER:
    case ARPHRD.LOOPBACK:
      return ETHERNET_HEADER_BYTES
    case ARPHRD.NONE:
    case ARPHRD.RAWIP:
    case ARPHRD.PPP:
    case ARPHRD.TUNNEL:
    case ARPHRD.TUNNEL6:
    case ARPHRD.SIT:
      return 0
    default:
      return undefined
  }
}
