import { type BpfMap, listLearnedPaths, NETLINK, NetlinkSocket } from '../../../../linux/index.ts'
import { encodePath, MARGIN_MS } from './layout.ts'

/**
 * Takes over what the kernel of this network namespace has learned already, so that no packet is lost to learn it
 * again.
 *
 * @throws TidemarkError NETLINK_REFUSED, PERMISSION_DENIED, SYSTEM_CALL_FAILED
 */
export function takeKnownPaths(paths: BpfMap): void {
  using socket = NetlinkSocket.open(NETLINK.ROUTE, { strict: true })
  for (const { destination, mtu, expiresMs } of listLearnedPaths(socket)) {
    const known = paths.get(destination)
    // What a program learned since is newer.
    if (known === undefined) paths.set(destination, encodePath({ mtu, lifetimeMs: expiresMs + MARGIN_MS }))
  }
}
