import { addressBytes, unmapped } from '../ip-address.ts'
import { FAMILY, IDENTITY_OFFSET, IPPROTO, REQUEST_LENGTH, type SocketFamily, type SocketTuple } from './request.ts'

const COOKIE_OFFSET = 48
const EVERY_STATE = 0xffffffff

/** Where the two ends stand in `struct inet_diag_sockid` (linux/inet_diag.h), which questions and replies hold. */
const END = { first: { port: 0, address: 4 }, second: { port: 2, address: 20 } } as const

/** Where that begins in a reply (`struct inet_diag_msg`); the local end is always its first. */
const REPLY_IDENTITY = 4

/** A 5-tuple made ready to be asked for often. */
export interface PreparedLookup {
  /** For errors. */
  name: string
  family: SocketFamily
  tuple: SocketTuple
  /** The local port in the upper half, the remote one in the lower. */
  ports: number
  /** The body of the request. IPv4 traffic is asked for as such, also when the socket is IPv6. */
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
  payload[0] = FAMILY[family]
  payload[1] = IPPROTO[protocol]
  payload[2] = extensions
  payload.writeUInt32LE(EVERY_STATE, 4)
  const [first, second] = protocol === 'tcp' ? [local, remote] : [remote, local]
  for (const [end, { port, address }] of [
    [first, END.first],
    [second, END.second],
  ] as const) {
    payload.writeUInt16BE(end.port, IDENTITY_OFFSET + port)
    payload.set(end.bytes, IDENTITY_OFFSET + address)
  }
  // INET_DIAG_NOCOOKIE: whichever socket has the tuple.
  payload.fill(0xff, COOKIE_OFFSET)
  const name = `lookup of the ${protocol} socket ${source.address} port ${source.port}`
  const ports = local.port * 65_536 + remote.port
  return { name, family, tuple, ports, payload }
}

/**
 * Whether a reply is of the socket asked for: the kernel also gives a listener that would take the connection. For UDP,
 * a socket without a peer is taken: it may be the one that sends.
 *
 * On the path of every lookup: it compares with the question alone, which was just sent, since other memory of the flow
 * is cold; and by words, since `Buffer.compare` costs as much as all the rest.
 *
 * @param bytes hold the whole fixed part of the reply, from a start on
 */
export function isAnswerTo({ payload }: PreparedLookup, bytes: Buffer, start: number): boolean {
  const isUdp = payload[1] === IPPROTO.udp
  const [local, remote] = isUdp ? [END.second, END.first] : [END.first, END.second]
  const reply = start + REPLY_IDENTITY
  if (!isPort(payload, local.port, bytes, reply + END.first.port)) return false
  if (isUdp && bytes.readUInt16BE(reply + END.second.port) === 0) return true
  const isIpv6Socket = bytes[start] === FAMILY.ipv6
  return (
    isPort(payload, remote.port, bytes, reply + END.second.port) &&
    isAddress(payload, local.address, bytes, reply + END.first.address, isIpv6Socket) &&
    isAddress(payload, remote.address, bytes, reply + END.second.address, isIpv6Socket)
  )
}

function isPort(question: Buffer, asked: number, bytes: Buffer, told: number): boolean {
  return question.readUInt16BE(IDENTITY_OFFSET + asked) === bytes.readUInt16BE(told)
}

function isAddress(question: Buffer, asked: number, bytes: Buffer, told: number, isIpv6Socket: boolean): boolean {
  const at = IDENTITY_OFFSET + asked
  const isWord = (word: number, value: number) => bytes.readInt32BE(told + word * 4) === value
  if (question[0] === FAMILY.ipv4) {
    const value = question.readInt32BE(at)
    return isIpv6Socket ? isWord(3, value) && isWord(2, 0xffff) && isWord(1, 0) && isWord(0, 0) : isWord(0, value)
  }
  return (
    isIpv6Socket &&
    isWord(3, question.readInt32BE(at + 12)) &&
    isWord(2, question.readInt32BE(at + 8)) &&
    isWord(1, question.readInt32BE(at + 4)) &&
    isWord(0, question.readInt32BE(at))
  )
}
