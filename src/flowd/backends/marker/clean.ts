import { detachFilter, listLinks, NETLINK, NetlinkSocket } from '../../../linux/index.ts'
import { type Cleaned, flowdGoFilters, removeLeftovers, removeUnusedQdisc } from './clsact-filter.ts'
import { interfaceAbsent } from './interfaces/index.ts'

/**
 * Removes what a crashed flowd or flowd-go left on an interface: their filters, and the clsact qdisc if flowd made it
 * and nobody else uses it. Filters and qdiscs of others stay.
 *
 * @param removeQdisc also remove a clsact qdisc of unknown origin, if nobody uses it
 * @throws TidemarkError INTERFACE_ABSENT, LIBBPF_MISSING, PERMISSION_DENIED, PLATFORM_UNSUPPORTED
 */
export function cleanMarker(interfaceName: string, { removeQdisc = false } = {}): Cleaned {
  using socket = NetlinkSocket.open(NETLINK.ROUTE)
  const links = listLinks(socket)
  const link = links.find(({ name }) => name === interfaceName)
  if (link === undefined) throw interfaceAbsent(interfaceName, links)
  const theirs = flowdGoFilters(socket, link)
  for (const filter of theirs) detachFilter(link, filter)
  const { filters, qdisc } = removeLeftovers(socket, link)
  const cleaned = { filters: filters + theirs.length, qdisc }
  if (!removeQdisc || cleaned.qdisc) return cleaned
  return { ...cleaned, qdisc: removeUnusedQdisc(socket, link) }
}
