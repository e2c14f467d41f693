import { type SocketEnd, SocketRecord } from '../../../src/linux/index.ts'
import { addressBytes } from '../../../src/linux/ip-address.ts'
import { findAttribute } from '../../../src/linux/netlink/attribute.ts'
import { SOCKET_REPLY } from '../properties/socket-reply.ts'

const FIXED_LENGTH = 72
const TCP_INFO = 2

/** What is told of a socket between two IPv6 ends, with some of its counters. */
export function socketRecord(
  local: SocketEnd,
  remote: SocketEnd,
  counters: { bytesSent?: number; bytesRetrans?: number; bytesReceived?: number } = {},
): SocketRecord {
  const bytes = Buffer.from(SOCKET_REPLY)
  bytes.writeUInt16BE(local.port, 4)
  bytes.writeUInt16BE(remote.port, 6)
  bytes.set(addressBytes(local.address), 8)
  bytes.set(addressBytes(remote.address), 24)
  const info = findAttribute(bytes, TCP_INFO, FIXED_LENGTH)
  info?.writeBigUInt64LE(BigInt(counters.bytesReceived ?? 0), 128)
  info?.writeBigUInt64LE(BigInt(counters.bytesSent ?? 0), 200)
  info?.writeBigUInt64LE(BigInt(counters.bytesRetrans ?? 0), 208)
  const record = SocketRecord.of(bytes)
  if (record === undefined) throw new Error('the reply is no record')
  return record
}
