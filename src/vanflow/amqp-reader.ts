import type { AttributeValue } from './record.ts'
import { readUtf8 } from './short-string.ts'

/** Format codes (type constructors) of AMQP 1.0 (part 1, section 1.6) that VAN-Flow uses. */
export const AMQP = {
  described: 0x00,
  null: 0x40,
  uint0: 0x43,
  ulong0: 0x44,
  list0: 0x45,
  ubyte: 0x50,
  byte: 0x51,
  smallUint: 0x52,
  smallUlong: 0x53,
  smallInt: 0x54,
  smallLong: 0x55,
  ushort: 0x60,
  short: 0x61,
  uint: 0x70,
  int: 0x71,
  ulong: 0x80,
  long: 0x81,
  string8: 0xa1,
  symbol8: 0xa3,
  string32: 0xb1,
  symbol32: 0xb3,
  list8: 0xc0,
  map8: 0xc1,
  list32: 0xd0,
  map32: 0xd1,
} as const

const TWO_TO_32 = 0x1_0000_0000
/** The upper halves of 64-bit integers from here on do not fit a number exactly. */
const UNSAFE_HIGH_HALF = 0x20_0000

/** Bytes of a value after its format code, by that code's upper half: 0x4 has none, 0x9 has sixteen. */
const FIXED_WIDTHS: Readonly<Record<number, number>> = { 4: 0, 5: 1, 6: 2, 7: 4, 8: 8, 9: 16 }

/**
 * Reads AMQP 1.0 values from a slice of bytes, without ever throwing: a value that does not fit the slice sets
 * `failed`, and what the reader says afterwards means nothing. Nested values are skipped by their length, so depth
 * costs nothing.
 */
export class AmqpReader {
  readonly bytes: Buffer
  at: number
  end: number
  failed = false
  /** Where the list or map last entered ends. */
  limit = 0

  constructor(bytes: Buffer, at: number, end: number) {
    this.bytes = bytes
    this.at = at
    this.end = end
  }

  /**
   * Reads a string, symbol or integer (whatever its width; beyond 2^53 a bigint). Any other value is skipped, and
   * undefined returned.
   */
  scalar(): AttributeValue | undefined {
    const { bytes, at } = this
    const formatCode = at < this.end ? bytes[at]! : -1
    switch (formatCode) {
      case AMQP.uint0:
      case AMQP.ulong0:
        return this.#advance(1, 0)
      case AMQP.ubyte:
      case AMQP.smallUint:
      case AMQP.smallUlong:
        return this.#advance(2, bytes[at + 1]!)
      case AMQP.byte:
      case AMQP.smallInt:
      case AMQP.smallLong:
        return this.#advance(2, (bytes[at + 1]! << 24) >> 24)
      case AMQP.ushort:
        return this.#advance(3, (bytes[at + 1]! << 8) | bytes[at + 2]!)
      case AMQP.short:
        return this.#advance(3, ((bytes[at + 1]! << 24) >> 16) | bytes[at + 2]!)
      case AMQP.uint:
        return this.#advance(5, uint32(bytes, at + 1))
      case AMQP.int:
        return this.#advance(5, uint32(bytes, at + 1) | 0)
      case AMQP.ulong:
        return this.#advance(9, uint64(bytes, at + 1))
      case AMQP.long:
        return this.#advance(9, int64(bytes, at + 1))
      case AMQP.string8:
      case AMQP.symbol8:
        return this.#text(at + 2, bytes[at + 1]!)
      case AMQP.string32:
      case AMQP.symbol32:
        return this.#text(at + 5, uint32(bytes, at + 1))
      default:
        this.skip()
        return undefined
    }
  }

  /**
   * Enters a list or map: returns how many values it holds and stands on the first; `limit` is where it ends.
   * -1 (and nothing read) when the next value is neither.
   */
  enter(formatCode8: number, formatCode32: number): number {
    const { bytes, at, end } = this
    const formatCode = at < end ? bytes[at] : -1
    if (formatCode === formatCode32) {
      this.limit = at + 5 + uint32(bytes, at + 1)
      this.at = at + 9
    } else if (formatCode === formatCode8) {
      this.limit = at + 2 + bytes[at + 1]!
      this.at = at + 3
    } else {
      return -1
    }
    if (this.limit > end || this.at > this.limit) {
      this.failed = true
      return 0
    }
    const count = formatCode === formatCode32 ? uint32(bytes, at + 5) : bytes[at + 2]!
    // Every value takes a byte at least: a count beyond that is a lie, and would only be waited for.
    if (count > this.limit - this.at) this.failed = true
    return count
  }

  /** Passes over one value of any type. */
  skip(): void {
    let values = 1
    while (values > 0 && this.at < this.end) {
      const isDescribed = this.bytes[this.at] === AMQP.described
      // A described value is two values more: the descriptor and what it describes.
      values += isDescribed ? 1 : -1
      this.at += isDescribed ? 1 : 1 + this.#contentLength()
    }
    if (values > 0 || this.at > this.end) this.failed = true
  }

  /** How many bytes follow the format code at hand; infinitely many after one that AMQP does not define. */
  #contentLength(): number {
    const category = this.bytes[this.at]! >>> 4
    const fixed = FIXED_WIDTHS[category]
    if (fixed !== undefined) return fixed
    if (category < 0xa) return Number.POSITIVE_INFINITY
    const hasShortLength = category % 2 === 0
    return hasShortLength ? 1 + (this.bytes[this.at + 1] ?? 0) : 4 + uint32(this.bytes, this.at + 1)
  }

  #advance<Value>(width: number, value: Value): Value | undefined {
    this.at += width
    if (this.at <= this.end) return value
    this.failed = true
    return undefined
  }

  #text(start: number, length: number): string | undefined {
    this.at = start + length
    // An absent length byte makes this comparison false too.
    if (this.at <= this.end) return readUtf8(this.bytes, start, this.at)
    this.failed = true
    return undefined
  }
}

/** Reads a big-endian unsigned 32-bit integer. */
export function uint32(bytes: Buffer, at: number): number {
  return ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0
}

/** Reads a big-endian unsigned 64-bit integer: a number when exact, else a bigint. */
export function uint64(bytes: Buffer, at: number): number | bigint {
  const high = uint32(bytes, at)
  const low = uint32(bytes, at + 4)
  return high < UNSAFE_HIGH_HALF ? high * TWO_TO_32 + low : (BigInt(high) << 32n) | BigInt(low)
}

function int64(bytes: Buffer, at: number): number | bigint {
  const high = uint32(bytes, at) | 0
  const low = uint32(bytes, at + 4)
  const exact = high < UNSAFE_HIGH_HALF && high >= -UNSAFE_HIGH_HALF
  return exact ? high * TWO_TO_32 + low : (BigInt(high) << 32n) | BigInt(low)
}
