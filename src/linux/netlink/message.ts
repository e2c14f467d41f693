import { aligned, decodeText, findAttribute } from './attribute.ts'

/** One netlink message (`struct nlmsghdr`, linux/netlink.h), its fields in the host's byte order (little-endian). */
export interface NetlinkMessage {
  type: number
  flags: number
  sequence: number
  /** What follows the header: a family's own structure, then attributes. */
  payload: Buffer
}

/** Bytes of `struct nlmsghdr`. */
export const HEADER_LENGTH = 16

/** Message types that every netlink family has. */
export const CONTROL = { NOOP: 1, ERROR: 2, DONE: 3 } as const

/** Flags of requests and errors (NLM_F_*); what some bits mean depends on the type of the message. */
export const FLAG = {
  REQUEST: 0x1,
  ACK: 0x4,
  DUMP: 0x300,
  EXCLUSIVE: 0x200,
  CREATE: 0x400,
  /** On an error: it does not repeat the request's payload. */
  CAPPED: 0x100,
  /** On an error: attributes of explanation follow. */
  ACK_TLVS: 0x200,
} as const

/** One message with its header, padded, as it is sent. */
export function encodeMessage(message: NetlinkMessage): Buffer {
  const length = HEADER_LENGTH + message.payload.length
  const bytes = Buffer.alloc(aligned(length))
  bytes.writeUInt32LE(length, 0)
  bytes.writeUInt16LE(message.type, 4)
  bytes.writeUInt16LE(message.flags, 6)
  bytes.writeUInt32LE(message.sequence, 8)
  bytes.set(message.payload, HEADER_LENGTH)
  return bytes
}

/** Reads the messages of one datagram; stops at the first that is not whole. Never throws. */
export function decodeMessages(bytes: Buffer): NetlinkMessage[] {
  const messages: NetlinkMessage[] = []
  let offset = 0
  while (offset + HEADER_LENGTH <= bytes.length) {
    const length = bytes.readUInt32LE(offset)
    if (length < HEADER_LENGTH || offset + length > bytes.length) break
    messages.push({
      type: bytes.readUInt16LE(offset + 4),
      flags: bytes.readUInt16LE(offset + 6),
      sequence: bytes.readUInt32LE(offset + 8),
      payload: bytes.subarray(offset + HEADER_LENGTH, offset + length),
    })
    offset += aligned(length)
  }
  return messages
}

/** What an ERROR message says: errno 0 is an acknowledgement. */
export interface NetlinkError {
  errno: number
  /** The kernel's own words (extended acknowledgement), or ''. */
  explanation: string
}

const EXPLANATION_ATTRIBUTE = 1

/** Reads an ERROR message: i32 negative errno, the request's header, its payload unless capped, then attributes. */
export function decodeError(message: NetlinkMessage): NetlinkError {
  if (message.payload.length < 4) return { errno: 0, explanation: '' }
  const errno = -message.payload.readInt32LE(0)
  if ((message.flags & FLAG.ACK_TLVS) === 0 || message.payload.length < 4 + HEADER_LENGTH) {
    return { errno, explanation: '' }
  }
  const repeated = (message.flags & FLAG.CAPPED) !== 0 ? HEADER_LENGTH : aligned(message.payload.readUInt32LE(4))
  return { errno, explanation: decodeText(findAttribute(message.payload, EXPLANATION_ATTRIBUTE, 4 + repeated)) }
}
