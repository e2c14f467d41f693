import { networkInterfaces } from 'node:os'
import { isTidemarkError } from '../../common/index.ts'
import { listAddresses, listLinks, NETLINK, NetlinkSocket } from '../../linux/index.ts'
import { canonicalAddress } from '../../scitags/index.ts'

/** An address of this host. */
export interface LocalAddress {
  interfaceName: string
  /** In canonical text. */
  address: string
}

/**
 * Every address of every interface of this host. The kernel is asked: Node leaves out interfaces that have no carrier,
 * or none yet, and their addresses are this host's all the same. Where the kernel cannot be asked (another platform, no
 * descriptor left), Node's list has to do.
 */
export function localInterfaceAddresses(): LocalAddress[] {
  try {
    using socket = NetlinkSocket.open(NETLINK.ROUTE)
    const addresses = listAddresses(socket)
    // Listed after them: an interface that is not there was deleted between, and took its addresses along.
    const names = new Map(listLinks(socket).map(({ index, name }) => [index, name]))
    return addresses.flatMap(({ interfaceIndex, address }) => {
      const interfaceName = names.get(interfaceIndex)
      return interfaceName === undefined ? [] : [{ interfaceName, address }]
    })
  } catch (error) {
    if (isTidemarkError(error)) return addressesThatNodeKnows()
    throw error
  }
}

/** The addresses alone. */
export function localAddresses(): string[] {
  return localInterfaceAddresses().map(({ address }) => address)
}

function addressesThatNodeKnows(): LocalAddress[] {
  return Object.entries(networkInterfaces()).flatMap(([interfaceName, list = []]) =>
    list.map(({ address }) => ({ interfaceName, address: canonicalAddress(address) ?? address })),
  )
}
