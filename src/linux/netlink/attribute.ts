/**
 * Netlink attributes (`struct nlattr`, linux/netlink.h): u16 length of header and value, u16 type, the value, padding.
 * Numbers are in the host's byte order, which is little-endian on x64 and arm64.
 */
const HEADER_LENGTH = 4
const TYPE_MASK = 0x3fff
const NESTED = 0x8000

/** Netlink aligns messages and attributes to 4 bytes. Holds for every u32: a damaged length may be any. */
export function aligned(length: number): number {
  return length + (-length & 3)
}

/**
 * The value of the first attribute of a type. What stands behind one that is not whole is not found. Never throws.
 *
 * @param bytes hold a run of attributes, from an offset to an end; undefined has none, so that calls for nested ones
 *   can be chained
 * @param wanted the type without the NESTED and NET_BYTEORDER bits
 */
export function findAttribute(
  bytes: Buffer | undefined,
  wanted: number,
  from = 0,
  end = bytes?.length ?? 0,
): Buffer | undefined {
  if (bytes === undefined) return undefined
  const offset = seekAttribute(bytes, wanted, from, end)
  return offset === -1 ? undefined : bytes.subarray(offset + HEADER_LENGTH, attributeEnd(bytes, offset))
}

/** Where that attribute begins, or -1: for paths on which making a Buffer of its value costs too much. */
export function seekAttribute(bytes: Buffer, wanted: number, from: number, end: number): number {
  let offset = from
  while (offset + HEADER_LENGTH <= end) {
    const length = bytes.readUInt16LE(offset)
    if (length < HEADER_LENGTH || offset + length > end) return -1
    if ((bytes.readUInt16LE(offset + 2) & TYPE_MASK) === wanted) return offset
    offset += aligned(length)
  }
  return -1
}

/** Where the value of an attribute begins. */
export function attributeStart(offset: number): number {
  return offset + HEADER_LENGTH
}

/** Where the value of an attribute ends, without padding. */
export function attributeEnd(bytes: Buffer, offset: number): number {
  return offset + bytes.readUInt16LE(offset)
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
