import { AF } from '../socket-constants.ts'

/** Message type of requests and replies (linux/sock_diag.h). */
export const SOCK_DIAG_BY_FAMILY = 20

/** The families and protocols of sockets by their number in the kernel. */
export const FAMILY = { ipv4: AF.INET, ipv6: AF.INET6 } as const
export const IPPROTO = { tcp: 6, udp: 17 } as const

export type SocketFamily = keyof typeof FAMILY
export type SocketProtocol = keyof typeof IPPROTO

/** TCP states by their number in the kernel; UDP sockets use ESTABLISHED (connected) and CLOSE (not). */
export const SOCKET_STATES = [
  'UNKNOWN',
  'ESTABLISHED',
  'SYN_SENT',
  'SYN_RECV',
  'FIN_WAIT1',
  'FIN_WAIT2',
  'TIME_WAIT',
  'CLOSE',
  'CLOSE_WAIT',
  'LAST_ACK',
  'LISTEN',
  'CLOSING',
  'NEW_SYN_RECV',
] as const

export type SocketState = (typeof SOCKET_STATES)[number]

/** A mask of states for a dump. */
export function stateMask(states: readonly SocketState[]): number {
  return states.reduce((mask, state) => mask | (1 << SOCKET_STATES.indexOf(state)), 0)
}

/** flowd-go's default for dumps: every state but LISTEN. */
export const STATES_BUT_LISTEN = 0xbff

/** Every optional part of a reply that can be asked for (bit n-1 asks for INET_DIAG attribute n). */
const EVERY_EXTENSION = 0xff

/** Which sockets to ask for; what is left out matches all. */
export interface SocketQuery {
  family: SocketFamily
  protocol: SocketProtocol
  /** Bit n-1 asks for INET_DIAG attribute n: 1 memory, 2 tcp_info, 4 congestion, 5 TOS, 6 class, 7 socket memory. */
  extensions?: number
  /** Bit n asks for sockets in state n. */
  states?: number
  localPort?: number
  remotePort?: number
}

/** One end of a socket. */
export interface SocketEnd {
  /** Canonical text: dotted quad, or RFC 5952. */
  address: string
  port: number
}

/** The 5-tuple of a socket; `source` is this host's end. */
export interface SocketTuple {
  protocol: SocketProtocol
  source: SocketEnd
  destination: SocketEnd
}

/** Length of `struct inet_diag_req_v2`, and where its ends begin (linux/inet_diag.h). */
export const REQUEST_LENGTH = 56
export const IDENTITY_OFFSET = 8

/** The body of a dump request (`struct inet_diag_req_v2`, linux/inet_diag.h). The kernel filters by ports only. */
export function encodeDump(query: SocketQuery): Buffer {
  const bytes = Buffer.alloc(REQUEST_LENGTH)
  bytes[0] = FAMILY[query.family]
  bytes[1] = IPPROTO[query.protocol]
  bytes[2] = query.extensions ?? EVERY_EXTENSION
  bytes.writeUInt32LE(query.states ?? STATES_BUT_LISTEN, 4)
  bytes.writeUInt16BE(query.localPort ?? 0, IDENTITY_OFFSET)
  bytes.writeUInt16BE(query.remotePort ?? 0, IDENTITY_OFFSET + 2)
  return bytes
}
