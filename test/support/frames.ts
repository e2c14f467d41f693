import { isIPv4 } from 'node:net'
import ipaddr from 'ipaddr.js'

/** IPv6 next-header numbers (IANA). */
export const NEXT_HEADER = {
  hopByHop: 0,
  tcp: 6,
  udp: 17,
  routing: 43,
  fragment: 44,
  authentication: 51,
  icmpv6: 58,
  destinationOptions: 60,
} as const

/** An extension header: what it is, and its bytes, of which the first becomes the next header's number. */
export interface Extension {
  kind: number
  bytes: Buffer
}

export interface FrameSetup {
  source?: string
  destination?: string
  sourcePort?: number
  destinationPort?: number
  /** The upper-layer protocol, with a header of that protocol's length. */
  protocol?: number
  trafficClass?: number
  label?: number
  extensions?: readonly Extension[]
  /** EtherTypes of VLAN tags in the payload, outermost first. */
  vlanTypes?: readonly number[]
  payloadBytes?: number
  /** What the IPv6 header says of its payload, if not the truth. */
  claimedBytes?: number
}

const ETHERTYPE_IPV6 = 0x86dd
const HEADER_BYTES: Readonly<Record<number, number>> = { [NEXT_HEADER.tcp]: 20, [NEXT_HEADER.udp]: 8 }

/** The flow of the reference's packet vectors (flowd-go): 2001:db8::1 port 2345 to 2001:db8::2 port 5777. */
export const VECTOR_FLOW: Required<Pick<FrameSetup, 'source' | 'destination' | 'sourcePort' | 'destinationPort'>> = {
  source: '2001:db8::1',
  destination: '2001:db8::2',
  sourcePort: 2345,
  destinationPort: 5777,
}

/** An Ethernet frame with an IPv6 packet; by default of the vector flow, TCP, with 5 bytes of data: 79 bytes. */
export function ipv6Frame(setup: FrameSetup = {}): Buffer {
  const packet = ipv6Packet(setup)
  const types = [...(setup.vlanTypes ?? []), ETHERTYPE_IPV6]
  const link = Buffer.alloc(12 + types.length * 4 - 2)
  for (const [index, type] of types.entries()) {
    link.writeUInt16BE(type, 12 + index * 4)
    if (index < types.length - 1) link.writeUInt16BE(100 + index, 14 + index * 4)
  }
  return Buffer.concat([link, packet])
}

/** The IPv6 packet alone. */
export function ipv6Packet(setup: FrameSetup = {}): Buffer {
  const { extensions = [], protocol = NEXT_HEADER.tcp, payloadBytes = 5, trafficClass = 0, label = 0x12345 } = setup
  const { source, destination, sourcePort, destinationPort } = { ...VECTOR_FLOW, ...setup }
  const upper = Buffer.alloc((HEADER_BYTES[protocol] ?? 8) + payloadBytes)
  upper.writeUInt16BE(sourcePort, 0)
  upper.writeUInt16BE(destinationPort, 2)
  const chain = extensions.map(({ bytes }, index) => {
    const copy = Buffer.from(bytes)
    copy[0] = extensions[index + 1]?.kind ?? protocol
    return copy
  })
  const payload = Buffer.concat([...chain, upper])
  const header = Buffer.alloc(40)
  header.writeUInt32BE(((6 << 28) | (trafficClass << 20) | label) >>> 0, 0)
  header.writeUInt16BE(setup.claimedBytes ?? payload.length, 4)
  header[6] = extensions[0]?.kind ?? protocol
  header[7] = 64
  header.set(addressBytes(source), 8)
  header.set(addressBytes(destination), 24)
  return Buffer.concat([header, payload])
}

/** An Ethernet frame with an IPv4 TCP packet of the vector flow's ports. */
export function ipv4Frame(): Buffer {
  const frame = Buffer.alloc(14 + 20 + 20)
  frame.writeUInt16BE(0x0800, 12)
  frame[14] = 0x45
  frame.writeUInt16BE(40, 16)
  frame[23] = NEXT_HEADER.tcp
  frame.set(addressBytes('192.0.2.1'), 26)
  frame.set(addressBytes('192.0.2.2'), 30)
  frame.writeUInt16BE(VECTOR_FLOW.sourcePort, 34)
  frame.writeUInt16BE(VECTOR_FLOW.destinationPort, 36)
  return frame
}

/** A header of options, padded to its length. */
export function options(kind: number, bytes = 8): Extension {
  const header = Buffer.alloc(bytes)
  header[1] = bytes / 8 - 1
  // PadN over all that is left (RFC 8200, section 4.2).
  header[2] = 1
  header[3] = bytes - 4
  return { kind, bytes: header }
}

/** The hop-by-hop header that IPv6 BIG TCP puts in front: a jumbo option (RFC 2675). */
export function jumbo(payloadBytes: number): Extension {
  const bytes = Buffer.from([0, 0, 0xc2, 4, 0, 0, 0, 0])
  bytes.writeUInt32BE(payloadBytes, 4)
  return { kind: NEXT_HEADER.hopByHop, bytes }
}

export function routing(segmentsLeft: number): Extension {
  const bytes = Buffer.alloc(24)
  bytes[1] = 2
  bytes[2] = 4
  bytes[3] = segmentsLeft
  return { kind: NEXT_HEADER.routing, bytes }
}

/** @param more whether further fragments follow */
export function fragment(offsetBytes: number, more: boolean): Extension {
  const bytes = Buffer.alloc(8)
  bytes.writeUInt16BE(offsetBytes | (more ? 1 : 0), 2)
  return { kind: NEXT_HEADER.fragment, bytes }
}

/** An authentication header (RFC 4302) with 12 bytes of check value; its length counts in words of four, less two. */
export function authentication(): Extension {
  const bytes = Buffer.alloc(24)
  bytes[1] = 4
  return { kind: NEXT_HEADER.authentication, bytes }
}

function addressBytes(address: string): number[] {
  return (isIPv4(address) ? ipaddr.IPv4 : ipaddr.IPv6).parse(address).toByteArray()
}
