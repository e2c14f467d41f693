import { addressBytes, addressText } from '../ip-address.ts'
import { AF } from '../socket-constants.ts'
import { attribute, findAttribute, uint32 } from './attribute.ts'
import { FLAG, type NetlinkMessage } from './message.ts'
import type { NetlinkSocket } from './socket.ts'

/** linux/rtnetlink.h, linux/if_addr.h */
const RTM_NEWADDR = 20
const RTM_GETADDR = 22
const IFA_ADDRESS = 1
const IFA_LOCAL = 2
const IFA_FLAGS = 8
const IFA_F_NODAD = 0x02
/** Bytes of `struct ifaddrmsg`. */
const INFO_LENGTH = 8

/** An address of an interface. */
export interface InterfaceAddress {
  interfaceIndex: number
  family: 'ipv4' | 'ipv6'
  /** Canonical text. */
  address: string
  prefixLength: number
}

/**
 * Lists every address of every interface of the socket's namespace.
 *
 * @throws TidemarkError NETLINK_REFUSED, PERMISSION_DENIED, SYSTEM_CALL_FAILED
 */
export function listAddresses(socket: NetlinkSocket): InterfaceAddress[] {
  const request = { name: 'list of addresses', type: RTM_GETADDR, payload: Buffer.alloc(INFO_LENGTH) }
  return [...socket.dump(request)].map(decodeAddress).filter(address => address !== undefined)
}

/** Reads an RTM_NEWADDR message; undefined when it is none, or of a family that is not IP, or cut short. */
export function decodeAddress(message: NetlinkMessage): InterfaceAddress | undefined {
  const { payload, type } = message
  if (type !== RTM_NEWADDR || payload.length < INFO_LENGTH) return undefined
  // On point-to-point links IFA_ADDRESS is the peer; IFA_LOCAL, where present, is always this host.
  const bytes = findAttribute(payload, IFA_LOCAL, INFO_LENGTH) ?? findAttribute(payload, IFA_ADDRESS, INFO_LENGTH)
  const family = payload[0]
  if (bytes === undefined || bytes.length !== (family === AF.INET ? 4 : 16)) return undefined
  if (family !== AF.INET && family !== AF.INET6) return undefined
  return {
    interfaceIndex: payload.readUInt32LE(4),
    family: family === AF.INET ? 'ipv4' : 'ipv6',
    address: addressText(bytes),
    prefixLength: payload[1] ?? 0,
  }
}

/**
 * Gives an interface an address that can be used at once: IPv6 duplicate address detection is skipped.
 *
 * @throws TidemarkError NETLINK_REFUSED (it has it already, ...), PERMISSION_DENIED
 */
export function addAddress(socket: NetlinkSocket, address: Omit<InterfaceAddress, 'family'>): void {
  const bytes = addressBytes(address.address)
  const info = Buffer.alloc(INFO_LENGTH)
  info[0] = bytes.length === 4 ? AF.INET : AF.INET6
  info[1] = address.prefixLength
  info.writeUInt32LE(address.interfaceIndex, 4)
  const attributes = [attribute(IFA_LOCAL, bytes), attribute(IFA_ADDRESS, bytes), uint32(IFA_FLAGS, IFA_F_NODAD)]
  socket.request({
    name: `address ${address.address}/${address.prefixLength} on interface ${address.interfaceIndex}`,
    type: RTM_NEWADDR,
    flags: FLAG.CREATE | FLAG.EXCLUSIVE,
    payload: Buffer.concat([info, ...attributes]),
  })
}
