import { findLink, type Link, NETLINK, NetlinkSocket } from '../../src/linux/index.ts'

/** An interface of the current network namespace, which must be there. */
export function linkOf(name: string): Link {
  using socket = NetlinkSocket.open(NETLINK.ROUTE)
  const link = findLink(socket, name)
  if (link === undefined) throw new Error(`no interface ${name}`)
  return link
}
