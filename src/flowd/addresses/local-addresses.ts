import { networkInterfaces } from 'node:os'
import { isTidemarkError } from '../../common/index.ts'
import { listAddresses, NETLINK, NetlinkSocket } from '../../linux/index.ts'
import { canonicalAddress } from '../../scitags/index.ts'

/**
 * Every address of every interface of this host, in canonical text. The kernel is asked: Node leaves out interfaces
 * that have no carrier, or none yet, and their addresses are this host's all the same. Where the kernel cannot be asked
 * (another platform, no descriptor left), Node's list has to do.
 */
export function localAddresses(): string[] {
  try {
    using socket = NetlinkSocket.open(NETLINK.ROUTE)
    return listAddresses(socket).map(({ address }) => address)
  } catch (error) {
    if (isTidemarkError(error)) return addressesThatNodeKnows()
    throw error
  }
}

function addressesThatNodeKnows(): string[] {
  return Object.values(networkInterfaces()).flatMap(
    list => list?.map(({ address }) => canonicalAddress(address) ?? address) ?? [],
  )
}
