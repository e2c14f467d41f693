import { addressBytes, unmapped } from '../ip-address.ts'
import { AF, IDENTITY_OFFSET, IPPROTO, REQUEST_LENGTH, type SocketFamily, type SocketTuple } from './request.ts'

const COOKIE_OFFSET = 48
const EVERY_STATE = 0xffffffff

/** Where ports and addresses stand in a reply (`struct inet_diag_msg`, linux/inet_diag.h). */
const REPLY = { ports: 4, local: 8, remote: 24 } as const

/** A 5-tuple made ready to be asked for often. */
export interface PreparedLookup {
  /** For errors. */
  name: string
  family: SocketFamily
  tuple: SocketTuple
  /** As the kernel's tables have them: IPv4 traffic under IPv4, also when the socket is IPv6. */
  localBytes: Buffer
  remoteBytes: Buffer
  /** The local port in the upper half, the remote one in the lower. */
  ports: number
  /** The body of the request. */
  payload: Buffer
}

/**
 * Prepares the question for one socket. For UDP the kernel takes the remote end first, "for historical reasons"
 * (net/ipv4/udp_diag.c).
 *
 * @param extensions which optional parts to ask for (see SocketQuery)
 */
export function prepareLookup(tuple: SocketTuple, extensions: number): PreparedLookup {
  const { protocol, source, destination } = tuple
  const local = { bytes: unmapped(addressBytes(source.address)), port: source.port }
  const remote = { bytes: unmapped(addressBytes(destination.address)), port: destination.port }
  const family = local.bytes.length === 4 ? 'ipv4' : 'ipv6'
  const payload = Buffer.alloc(REQUEST_LENGTH)
  payload[0] = AF[family]
  payload[1] = IPPROTO[protocol]
  payload[2] = extensions
  payload.writeUInt32LE(EVERY_STATE, 4)
  const [first, second] = protocol === 'tcp' ? [local, remote] : [remote, local]
  payload.writeUInt16BE(first.port, IDENTITY_OFFSET)
  payload.writeUInt16BE(second.port, IDENTITY_OFFSET + 2)
  payload.set(first.bytes, IDENTITY_OFFSET + 4)
  payload.set(second.bytes, IDENTITY_OFFSET + 20)
  // INET_DIAG_NOCOOKIE: whichever socket has the tuple.
  payload.fill(0xff, COOKIE_OFFSET)
  const name = `lookup of the ${protocol} socket ${source.address} port ${source.port}`
  const ports = local.port * 65_536 + remote.port
  return { name, family, tuple, localBytes: local.bytes, remoteBytes: remote.bytes, ports, payload }
}

/**
 * Whether a reply is of the socket asked for: the kernel also gives a listener that would take the connection. For UDP, a
 * socket without a peer is taken: it may be the one that sends.
 *
 * @param bytes hold the whole fixed part of the reply, from a start on
 */
export function isAnswerTo({ tuple, ports, localBytes, remoteBytes }: PreparedLookup, bytes: Buffer, start: number) {
  if (tuple.protocol === 'udp' && bytes.readUInt16BE(start + REPLY.ports + 2) === 0) {
    return bytes.readUInt16BE(start + REPLY.ports) === tuple.source.port
  }
  const isIpv6 = bytes[start] === AF.ipv6
  return (
    bytes.readUInt32BE(start + REPLY.ports) === ports &&
    isAddress(localBytes, bytes, start + REPLY.local, isIpv6) &&
    isAddress(remoteBytes, bytes, start + REPLY.remote, isIpv6)
  )
}

/** Compares by words: on the path of every lookup, where `Buffer.compare` costs as much as all the rest. */
function isAddress(address: Buffer, bytes: Buffer, start: number, isIpv6: boolean): boolean {
  const isWord = (word: number, value: number) => bytes.readUInt32BE(start + word * 4) === value
  if (address.length === 4) {
    const value = address.readUInt32BE()
    return isIpv6 ? isWord(3, value) && isWord(2, 0xffff) && isWord(1, 0) && isWord(0, 0) : isWord(0, value)
  }
  return (
    isIpv6 &&
    isWord(3, address.readUInt32BE(12)) &&
    isWord(2, address.readUInt32BE(8)) &&
    isWord(1, address.readUInt32BE(4)) &&
    isWord(0, address.readUInt32BE(0))
  )
}
