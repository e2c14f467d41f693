import { addressText } from '../ip-address.ts'
import { decodeAttributes } from '../netlink/index.ts'
import { readAttribute, type SocketAttributes } from './attributes.ts'
import { AF, SOCKET_STATES, type SocketEnd, type SocketFamily, type SocketState } from './request.ts'

/** What the kernel tells of one socket. */
export interface SocketRecord extends SocketAttributes {
  /** Of the traffic: an IPv6 socket that speaks with an IPv4 peer has family ipv4. */
  family: SocketFamily
  /** Whether the socket itself is IPv6. */
  ipv6Socket: boolean
  state: SocketState
  /** Which timer runs: 0 none, 1 retransmit, 2 keepalive, 3 TIME_WAIT, 4 zero window probe. */
  timer: number
  /** How often that timer has fired. */
  retransmits: number
  local: SocketEnd
  remote: SocketEnd
  /** Interface that the socket is bound to; 0 for none. */
  interfaceIndex: number
  /** 16 hexadecimal digits that no other socket has until the machine restarts; ports and addresses are reused. */
  cookie: string
  expiresMs: number
  receiveQueueBytes: number
  sendQueueBytes: number
  uid: number
  /** 0 when no process holds the socket any more (TIME_WAIT, orphan). */
  inode: number
}

const RECORD_LENGTH = 72

/**
 * Reads the body of a reply: `struct inet_diag_msg` (linux/inet_diag.h), then attributes. Unknown attributes are
 * skipped; undefined when the fixed part is cut short. Never throws.
 */
export function decodeSocketRecord(body: Buffer): SocketRecord | undefined {
  if (body.length < RECORD_LENGTH) return undefined
  const ipv6Socket = body[0] === AF.ipv6
  const address = (offset: number) => addressText(body.subarray(offset, offset + (ipv6Socket ? 16 : 4)))
  const local = { address: address(8), port: body.readUInt16BE(4) }
  const remote = { address: address(24), port: body.readUInt16BE(6) }
  const record: SocketRecord = {
    family: ipv6Socket && remote.address.includes(':') ? 'ipv6' : 'ipv4',
    ipv6Socket,
    state: SOCKET_STATES[body[1] ?? 0] ?? 'UNKNOWN',
    timer: body[2] ?? 0,
    retransmits: body[3] ?? 0,
    local,
    remote,
    interfaceIndex: body.readUInt32LE(40),
    cookie: body.readBigUInt64LE(44).toString(16).padStart(16, '0'),
    expiresMs: body.readUInt32LE(52),
    receiveQueueBytes: body.readUInt32LE(56),
    sendQueueBytes: body.readUInt32LE(60),
    uid: body.readUInt32LE(64),
    inode: body.readUInt32LE(68),
  }
  for (const { type, payload } of decodeAttributes(body.subarray(RECORD_LENGTH))) {
    Object.assign(record, readAttribute(type, payload))
  }
  return record
}
