import { AF } from '../socket-constants.ts'
import { attribute, decodeText, decodeUint32, findAttribute, nested, text, uint32 } from './attribute.ts'
import { FLAG, type NetlinkMessage } from './message.ts'
import type { NetlinkSocket } from './socket.ts'

/** linux/rtnetlink.h */
const RTM_NEWLINK = 16
const RTM_DELLINK = 17
const RTM_GETLINK = 18

/** linux/if_link.h, linux/veth.h */
const IFLA_ADDRESS = 1
const IFLA_IFNAME = 3
const IFLA_MTU = 4
const IFLA_LINKINFO = 18
const IFLA_NET_NS_PID = 19
const IFLA_GSO_MAX_SEGS = 40
const IFLA_GSO_MAX_SIZE = 41
const IFLA_INFO_KIND = 1
const IFLA_INFO_DATA = 2
const VETH_INFO_PEER = 1

/** linux/if.h */
const IFF_UP = 0x1
const IFF_RUNNING = 0x40
/** Bytes of `struct ifinfomsg`. */
const INFO_LENGTH = 16

/** Link types (linux/if_arp.h) that decide how a packet begins. */
export const ARPHRD = {
  ETHER: 1,
  PPP: 512,
  RAWIP: 519,
  TUNNEL: 768,
  TUNNEL6: 769,
  LOOPBACK: 772,
  SIT: 776,
  NONE: 0xfffe,
} as const

/** A network interface. */
export interface Link {
  index: number
  name: string
  /** ARPHRD_* number: 1 Ethernet, 772 loopback, 65534 raw IP. */
  arphrd: number
  up: boolean
  /** Whether it is up and has a carrier, so that packets pass. */
  running: boolean
  /** In bytes. */
  mtu: number
  /** The longest packet that the kernel hands to it, which it segments; above 65,536 with BIG TCP. */
  gsoMaxBytes: number
  /** What made it, as `veth`, `vlan`, `tun`; '' for hardware and loopback. */
  kind: string
  /** The hardware address, as `02:00:00:00:00:01`; '' when it has none. */
  hardwareAddress: string
}

/**
 * Lists every interface of the socket's namespace.
 *
 * @throws TidemarkError NETLINK_REFUSED, PERMISSION_DENIED, SYSTEM_CALL_FAILED
 */
export function listLinks(socket: NetlinkSocket): Link[] {
  const request = { name: 'list of interfaces', type: RTM_GETLINK, payload: info({}) }
  return [...socket.dump(request)].map(decodeLink).filter(link => link !== undefined)
}

/** The interface of that name, or undefined. */
export function findLink(socket: NetlinkSocket, name: string): Link | undefined {
  return listLinks(socket).find(link => link.name === name)
}

/** Reads an RTM_NEWLINK message; undefined when it is none or is cut short. */
export function decodeLink(message: NetlinkMessage): Link | undefined {
  const { payload, type } = message
  if (type !== RTM_NEWLINK || payload.length < INFO_LENGTH) return undefined
  const find = (type: number) => findAttribute(payload, type, INFO_LENGTH)
  const flags = payload.readUInt32LE(8)
  return {
    index: payload.readInt32LE(4),
    name: decodeText(find(IFLA_IFNAME)),
    arphrd: payload.readUInt16LE(2),
    up: (flags & IFF_UP) !== 0,
    running: (flags & IFF_RUNNING) !== 0,
    mtu: decodeUint32(find(IFLA_MTU), 0),
    gsoMaxBytes: decodeUint32(find(IFLA_GSO_MAX_SIZE), 0),
    kind: decodeText(findAttribute(find(IFLA_LINKINFO), IFLA_INFO_KIND)),
    hardwareAddress: (find(IFLA_ADDRESS)?.toString('hex') ?? '').replace(/(..)(?=.)/g, '$1:'),
  }
}

/**
 * Reads what the group RTNLGRP_LINK tells.
 *
 * @returns the index of an interface that was deleted or moved to another namespace; undefined for any other message
 */
export function readDeletedLink({ type, payload }: NetlinkMessage): number | undefined {
  if (type !== RTM_DELLINK || payload.length < INFO_LENGTH) return undefined
  // Of another family it says that the interface has left a bridge.
  return payload[0] === AF.UNSPEC ? payload.readInt32LE(4) : undefined
}

/** Where one end of a veth pair comes to lie. */
export interface VethEnd {
  name: string
  /** Its number, when it must be a certain one: both ends name one that is free, or neither does. */
  index?: number
  /** A process in the network namespace that gets this end; the socket's namespace when absent. */
  pid?: number
}

/**
 * Makes a pair of virtual Ethernet devices; what is sent into one end comes out of the other.
 *
 * @throws TidemarkError NETLINK_REFUSED, PERMISSION_DENIED
 */
export function createVeth(socket: NetlinkSocket, end: VethEnd, peer: VethEnd): void {
  const data = nested(IFLA_INFO_DATA, attribute(VETH_INFO_PEER, Buffer.concat([numbered(peer), ...placement(peer)])))
  const linkInfo = nested(IFLA_LINKINFO, text(IFLA_INFO_KIND, 'veth'), data)
  socket.request({
    name: `veth pair ${end.name}, ${peer.name}`,
    type: RTM_NEWLINK,
    flags: FLAG.CREATE | FLAG.EXCLUSIVE,
    payload: Buffer.concat([numbered(end), ...placement(end), linkInfo]),
  })
}

/** Turns an interface on. */
export function setLinkUp(socket: NetlinkSocket, index: number): void {
  const payload = info({ index, flags: IFF_UP, change: IFF_UP })
  socket.request({ name: `turning on of interface ${index}`, type: RTM_NEWLINK, payload })
}

/**
 * Limits how many segments the kernel sends through an interface as one packet. With 1, every packet is no longer than
 * the MTU, as on a wire; veth pairs otherwise pass packets of 64 KiB.
 */
export function limitSegments(socket: NetlinkSocket, index: number, segments: number): void {
  const payload = Buffer.concat([info({ index }), uint32(IFLA_GSO_MAX_SEGS, segments)])
  socket.request({ name: `segment limit of interface ${index}`, type: RTM_NEWLINK, payload })
}

function numbered({ index }: VethEnd): Buffer {
  return info(index === undefined ? {} : { index })
}

function placement(end: VethEnd): Buffer[] {
  const name = text(IFLA_IFNAME, end.name)
  return end.pid === undefined ? [name] : [name, uint32(IFLA_NET_NS_PID, end.pid)]
}

/** `struct ifinfomsg` (linux/rtnetlink.h). */
function info(fields: { index?: number; flags?: number; change?: number }): Buffer {
  const bytes = Buffer.alloc(INFO_LENGTH)
  bytes.writeInt32LE(fields.index ?? 0, 4)
  bytes.writeUInt32LE(fields.flags ?? 0, 8)
  bytes.writeUInt32LE(fields.change ?? 0, 12)
  return bytes
}
