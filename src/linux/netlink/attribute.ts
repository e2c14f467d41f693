/** One netlink attribute (`struct nlattr`, linux/netlink.h): a type and its bytes. */
export interface Attribute {
  /** The type without the NESTED and NET_BYTEORDER bits. */
  type: number
  payload: Buffer
}

const HEADER_LENGTH = 4
const TYPE_MASK = 0x3fff
const NESTED = 0x8000

/** Netlink aligns messages and attributes to 4 bytes. */
export function aligned(length: number): number {
  return (length + 3) & ~3
}

/**
 * Reads a run of attributes. Reads what is whole and stops at the first that is not, so that a truncated message
 * still yields its beginning. Never throws.
 */
export function decodeAttributes(bytes: Buffer): Attribute[] {
  const attributes: Attribute[] = []
  let offset = 0
  while (offset + HEADER_LENGTH <= bytes.length) {
    const length = bytes.readUInt16LE(offset)
    if (length < HEADER_LENGTH || offset + length > bytes.length) break
    const type = bytes.readUInt16LE(offset + 2) & TYPE_MASK
    attributes.push({ type, payload: bytes.subarray(offset + HEADER_LENGTH, offset + length) })
    offset += aligned(length)
  }
  return attributes
}

/** The bytes of the first attribute of a type, or undefined. */
export function attributeOf(attributes: readonly Attribute[], type: number): Buffer | undefined {
  return attributes.find(attribute => attribute.type === type)?.payload
}

/** One attribute with its header and padding; several are joined by `Buffer.concat`. */
export function attribute(type: number, payload: Uint8Array): Buffer {
  const bytes = Buffer.alloc(aligned(HEADER_LENGTH + payload.length))
  bytes.writeUInt16LE(HEADER_LENGTH + payload.length, 0)
  bytes.writeUInt16LE(type, 2)
  bytes.set(payload, HEADER_LENGTH)
  return bytes
}

/** An attribute that holds attributes. */
export function nested(type: number, ...children: readonly Uint8Array[]): Buffer {
  return attribute(type | NESTED, Buffer.concat(children))
}

/** An attribute that holds a u32 in the host's byte order (little-endian on x64 and arm64). */
export function uint32(type: number, value: number): Buffer {
  const payload = Buffer.alloc(4)
  payload.writeUInt32LE(value)
  return attribute(type, payload)
}

/** An attribute that holds a text, ended by a zero byte. */
export function text(type: number, value: string): Buffer {
  return attribute(type, Buffer.from(`${value}\0`))
}

/** The text of an attribute, up to its first zero byte. */
export function decodeText(payload: Buffer | undefined): string {
  if (payload === undefined) return ''
  const end = payload.indexOf(0)
  return payload.toString('utf8', 0, end === -1 ? payload.length : end)
}

/** A u32 attribute's value, or the fallback when it is absent or too short. */
export function decodeUint32<T>(payload: Buffer | undefined, fallback: T): number | T {
  return payload !== undefined && payload.length >= 4 ? payload.readUInt32LE() : fallback
}
