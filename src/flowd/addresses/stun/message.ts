import { crc32 } from 'node:zlib'
import { canonicalAddress } from '../../../scitags/index.ts'

/**
 * Messages of STUN (RFC 8489) as far as a client needs them that asks one question: from which address do you see me?
 * A message is a header of 20 bytes (type, length, magic cookie, transaction id) and attributes padded to 4 bytes.
 */
const HEADER_LENGTH = 20
const MAGIC_COOKIE = 0x2112a442
const TRANSACTION_ID_LENGTH = 12

const TYPE = { bindingRequest: 0x0001, bindingSuccess: 0x0101, bindingError: 0x0111 } as const
const ATTRIBUTE = {
  mappedAddress: 0x0001,
  errorCode: 0x0009,
  xorMappedAddress: 0x0020,
  software: 0x8022,
  fingerprint: 0x8028,
} as const
const FINGERPRINT_MASK = 0x5354554e
const FINGERPRINT_LENGTH = 8

/** Where the server saw the request come from. */
export interface MappedAddress {
  /** Canonical text. */
  address: string
  port: number
}

export type StunReply =
  | ({ kind: 'mapped' } & MappedAddress)
  /** The server's refusal, with its code (RFC 8489, 14.8). */
  | { kind: 'error'; code: number; reason: string }

/**
 * A Binding request with SOFTWARE and FINGERPRINT.
 *
 * @param transactionId 12 random bytes, by which the reply is known
 */
export function encodeBindingRequest(transactionId: Uint8Array, software: string): Buffer {
  const name = attribute(ATTRIBUTE.software, Buffer.from(software))
  const header = Buffer.alloc(HEADER_LENGTH)
  header.writeUInt16BE(TYPE.bindingRequest, 0)
  header.writeUInt16BE(name.length + FINGERPRINT_LENGTH, 2)
  header.writeUInt32BE(MAGIC_COOKIE, 4)
  header.set(transactionId, 8)
  const message = Buffer.concat([header, name])
  return Buffer.concat([message, attribute(ATTRIBUTE.fingerprint, fingerprintOf(message))])
}

/**
 * Reads a reply to a request of ours.
 *
 * @returns undefined when it is anything else: another transaction, a damaged message, an attribute that a client must
 * understand and does not. Never throws.
 */
export function decodeReply(bytes: Buffer, transactionId: Uint8Array): StunReply | undefined {
  if (bytes.length < HEADER_LENGTH || bytes.readUInt32BE(4) !== MAGIC_COOKIE) return undefined
  if (bytes.readUInt16BE(2) !== bytes.length - HEADER_LENGTH || bytes.length % 4 !== 0) return undefined
  if (bytes.compare(transactionId, 0, TRANSACTION_ID_LENGTH, 8, HEADER_LENGTH) !== 0) return undefined
  const attributes = readAttributes(bytes)
  if (attributes === undefined) return undefined
  const type = bytes.readUInt16BE(0)
  if (type === TYPE.bindingError) return readError(attributes.get(ATTRIBUTE.errorCode))
  if (type !== TYPE.bindingSuccess || [...attributes.keys()].some(isNotUnderstood)) return undefined
  const mapped =
    readXorAddress(attributes.get(ATTRIBUTE.xorMappedAddress), bytes) ??
    readAddress(attributes.get(ATTRIBUTE.mappedAddress))
  return mapped && { kind: 'mapped', ...mapped }
}

/** The first of each type, up to a FINGERPRINT, which must be right and last; undefined when one is not whole. */
function readAttributes(bytes: Buffer): Map<number, Buffer> | undefined {
  const attributes = new Map<number, Buffer>()
  let offset = HEADER_LENGTH
  while (offset < bytes.length) {
    const [type, length] = [bytes.readUInt16BE(offset), bytes.readUInt16BE(offset + 2)]
    const value = bytes.subarray(offset + 4, offset + 4 + length)
    if (value.length < length) return undefined
    if (type === ATTRIBUTE.fingerprint) {
      return value.equals(fingerprintOf(bytes.subarray(0, offset))) ? attributes : undefined
    }
    if (!attributes.has(type)) attributes.set(type, value)
    offset += 4 + padded(length)
  }
  return attributes
}

/** Types below 0x8000 must be understood (RFC 8489, 14); those that only answer authentication do not occur here. */
function isNotUnderstood(type: number): boolean {
  return type < 0x8000 && type !== ATTRIBUTE.mappedAddress && type !== ATTRIBUTE.xorMappedAddress
}

/** XOR-MAPPED-ADDRESS: the port is masked by the cookie's first half, the address by cookie and transaction id. */
function readXorAddress(value: Buffer | undefined, message: Buffer): MappedAddress | undefined {
  if (value === undefined) return undefined
  const mask = message.subarray(4, HEADER_LENGTH)
  const plain = Buffer.from(value)
  for (let index = 2; index < plain.length; index += 1) {
    // The port starts again at the mask's beginning, as the address does.
    plain[index] = plain[index]! ^ (mask[index < 4 ? index - 2 : index - 4] ?? 0)
  }
  return readAddress(plain)
}

const FAMILY_LENGTHS: Readonly<Record<number, number>> = { 1: 4, 2: 16 }

function readAddress(value: Buffer | undefined): MappedAddress | undefined {
  if (value === undefined || value.length < 4) return undefined
  const address = value.subarray(4)
  if (address.length !== FAMILY_LENGTHS[value.readUInt8(1)]) return undefined
  const text = address.length === 4 ? address.join('.') : (address.toString('hex').match(/..../g) ?? []).join(':')
  const canonical = canonicalAddress(text)
  return canonical === undefined ? undefined : { address: canonical, port: value.readUInt16BE(2) }
}

function readError(value: Buffer | undefined): StunReply | undefined {
  if (value === undefined || value.length < 4) return undefined
  const code = (value.readUInt8(2) & 7) * 100 + value.readUInt8(3)
  return { kind: 'error', code, reason: value.toString('utf8', 4) }
}

function attribute(type: number, value: Buffer): Buffer {
  const bytes = Buffer.alloc(4 + padded(value.length))
  bytes.writeUInt16BE(type, 0)
  bytes.writeUInt16BE(value.length, 2)
  bytes.set(value, 4)
  return bytes
}

/** The CRC-32 of what stands before it, as if the message already had its full length. */
function fingerprintOf(before: Buffer): Buffer {
  const value = Buffer.alloc(4)
  value.writeUInt32BE((crc32(before) ^ FINGERPRINT_MASK) >>> 0)
  return value
}

function padded(length: number): number {
  return (length + 3) & ~3
}
