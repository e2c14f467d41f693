import { addressText } from '../ip-address.ts'

/** The headers of an IPv6 packet that carries TCP or UDP. */
export interface Ipv6Packet {
  trafficClass: number
  /** 20 bits */
  flowLabel: number
  source: string
  destination: string
  /** Types of the extension headers between IPv6 and transport, in order. */
  extensionHeaders: number[]
  protocol: 'tcp' | 'udp'
  sourcePort: number
  destinationPort: number
  /** Bytes of user data. */
  payloadBytes: number
}

const ETHERNET_LENGTH = 14
const IPV6_LENGTH = 40
const ETHERTYPE = { IPV6: 0x86dd, VLAN: 0x8100, QINQ: 0x88a8 } as const
const TCP = 6
const UDP = 17
const UDP_LENGTH = 8
/** Hop-by-hop, routing and destination options (RFC 8200): each begins with next header and length in 8 bytes. */
const EXTENSIONS = new Set([0, 43, 60])

/**
 * Reads an Ethernet frame (with up to two VLAN tags), IPv6, extension headers, and the ports of TCP or UDP.
 *
 * @param frame its beginning, as far as it was captured
 * @param wireBytes its whole length
 * @returns undefined when it is something else, a later fragment, or cut before the transport header's end
 */
export function decodeIpv6Frame(frame: Buffer, wireBytes: number): Ipv6Packet | undefined {
  let ip = ETHERNET_LENGTH
  for (let tags = 0; tags < 2 && isVlan(frame, ip); tags += 1) ip += 4
  if (frame.length < ip + IPV6_LENGTH || frame.readUInt16BE(ip - 2) !== ETHERTYPE.IPV6) return undefined

  const firstWord = frame.readUInt32BE(ip)
  const extensionHeaders: number[] = []
  let next = frame.readUInt8(ip + 6)
  let offset = ip + IPV6_LENGTH
  while (EXTENSIONS.has(next) && offset + 8 <= frame.length) {
    extensionHeaders.push(next)
    next = frame.readUInt8(offset)
    offset += (frame.readUInt8(offset + 1) + 1) * 8
  }
  const header = transportLength(frame, next, offset)
  if (header === undefined) return undefined
  return {
    trafficClass: (firstWord >>> 20) & 0xff,
    flowLabel: firstWord & 0xfffff,
    source: addressText(frame.subarray(ip + 8, ip + 24)),
    destination: addressText(frame.subarray(ip + 24, ip + 40)),
    extensionHeaders,
    protocol: next === TCP ? 'tcp' : 'udp',
    sourcePort: frame.readUInt16BE(offset),
    destinationPort: frame.readUInt16BE(offset + 2),
    payloadBytes: Math.max(0, end(frame, ip, wireBytes) - offset - header),
  }
}

function isVlan(frame: Buffer, ip: number): boolean {
  if (frame.length < ip + 4) return false
  const type = frame.readUInt16BE(ip - 2)
  return type === ETHERTYPE.VLAN || type === ETHERTYPE.QINQ
}

/** The transport header's length, undefined when it is neither TCP nor UDP, or not all there. */
function transportLength(frame: Buffer, protocol: number, offset: number): number | undefined {
  if (protocol === UDP) return offset + UDP_LENGTH <= frame.length ? UDP_LENGTH : undefined
  if (protocol !== TCP || offset + 20 > frame.length) return undefined
  return (frame.readUInt8(offset + 12) >> 4) * 4
}

/** Where the packet ends in the frame: short frames are padded; a length of 0 is a jumbogram, which fills the frame. */
function end(frame: Buffer, ip: number, wireBytes: number): number {
  const length = frame.readUInt16BE(ip + 4)
  return length === 0 ? wireBytes : ip + IPV6_LENGTH + length
}
