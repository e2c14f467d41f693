import { writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  addAddress,
  createVeth,
  enterNewNetworkNamespace,
  findLink,
  type Link,
  limitSegments,
  NETLINK,
  NetlinkSocket,
  setLinkUp,
} from '../linux/index.ts'
import { PLAN } from './plan.ts'

const SETTINGS = {
  // ECN is negotiated, so that the traffic class has bits to lose.
  'ipv4/tcp_ecn': '1',
  // The kernel gives no flow labels of its own, so that an unmarked packet is seen to have none.
  'ipv6/auto_flowlabels': '0',
  // A window that the receiving end's backlog of 1000 packets can take: nothing is lost on this cable.
  'ipv4/tcp_rmem': '4096 131072 262144',
}

/** Gives this process an empty network of its own, before it opens any socket. */
export function enterOwnNetwork(): void {
  enterNewNetworkNamespace()
  for (const [name, value] of Object.entries(SETTINGS)) writeFileSync(`/proc/sys/net/${name}`, value)
  using socket = NetlinkSocket.open(NETLINK.ROUTE)
  setLinkUp(socket, demand(socket, 'lo').index)
}

/**
 * Lays a cable from this process's network to that of another process. Its ends have different numbers: the kernel
 * takes a link whose peer has the same number for one that need not hurry, and tells of its carrier a second later.
 */
export function layCable(peerPid: number): void {
  using socket = NetlinkSocket.open(NETLINK.ROUTE)
  const name = PLAN.interfaceName
  createVeth(socket, { name, index: 2 }, { name, index: 3, pid: peerPid })
}

/** Gives this end of the cable its address and turns it on; packets shall be no longer than on a wire. */
export function plugIn(address: string): Link {
  using socket = NetlinkSocket.open(NETLINK.ROUTE)
  const link = demand(socket, PLAN.interfaceName)
  addAddress(socket, { interfaceIndex: link.index, address, prefixLength: PLAN.prefixLength })
  limitSegments(socket, link.index, 1)
  setLinkUp(socket, link.index)
  return link
}

/** Resolves when the cable carries packets, which takes some milliseconds after both ends are on. */
export async function awaitCarrier(): Promise<void> {
  using socket = NetlinkSocket.open(NETLINK.ROUTE)
  while (!demand(socket, PLAN.interfaceName).running) await sleep(10)
}

function demand(socket: NetlinkSocket, name: string): Link {
  const link = findLink(socket, name)
  if (link === undefined) throw new Error(`the demo's network has no interface ${name}`)
  return link
}
