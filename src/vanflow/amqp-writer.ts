import { AMQP } from './amqp-reader.ts'

const TWO_TO_32 = 0x1_0000_0000

/**
 * Writes AMQP 1.0 values in the encodings that routers and controllers choose: integers in their shortest form,
 * strings with one length byte when they fit, lists and maps always in the 32-bit form.
 */
export class AmqpWriter {
  #bytes: Buffer = Buffer.allocUnsafe(512)
  #at = 0

  /** The bytes written so far; a copy. */
  toBuffer(): Buffer {
    return Buffer.from(this.#bytes.subarray(0, this.#at))
  }

  /** Writes null. */
  null(): void {
    this.#byte(AMQP.null)
  }

  /** Writes an unsigned integer below 2^32. */
  uint(value: number): void {
    if (value === 0) {
      this.#byte(AMQP.uint0)
    } else if (value < 0x100) {
      this.#bytePair(AMQP.smallUint, value)
    } else {
      this.#byte(AMQP.uint)
      this.#uint32(value)
    }
  }

  /** Writes an unsigned integer below 2^64. */
  ulong(value: number | bigint): void {
    if (value === 0 || value === 0n) {
      this.#byte(AMQP.ulong0)
    } else if (value < 0x100) {
      this.#bytePair(AMQP.smallUlong, Number(value))
    } else {
      this.#byte(AMQP.ulong)
      this.#uint64(value)
    }
  }

  /** Writes a signed integer that is not negative and below 2^53. */
  long(value: number): void {
    if (value < 0x80) {
      this.#bytePair(AMQP.smallLong, value)
    } else {
      this.#byte(AMQP.long)
      this.#uint64(value)
    }
  }

  /** Writes text as UTF-8. */
  string(value: string): void {
    this.#text(value, AMQP.string8, AMQP.string32)
  }

  /** Writes a symbol; its characters are ASCII. */
  symbol(value: string): void {
    this.#text(value, AMQP.symbol8, AMQP.symbol32)
  }

  /** Writes bytes that are an encoded value already. */
  raw(bytes: Uint8Array): void {
    this.#reserve(bytes.length)
    this.#bytes.set(bytes, this.#at)
    this.#at += bytes.length
  }

  /** Writes a section: its descriptor, then the value that `write` writes. */
  section(descriptor: number, write: () => void): void {
    this.#byte(AMQP.described)
    this.#bytePair(AMQP.smallUlong, descriptor)
    write()
  }

  /** Writes the list of nothing, which has an encoding of its own. */
  emptyList(): void {
    this.#byte(AMQP.list0)
  }

  /** Writes a list of `count` values, which `write` writes. */
  list(count: number, write: () => void): void {
    this.#compound(AMQP.list32, count, write)
  }

  /** Writes a map of `pairs` keys with their values, which `write` writes in turns. */
  map(pairs: number, write: () => void): void {
    this.#compound(AMQP.map32, pairs * 2, write)
  }

  #compound(formatCode: number, count: number, write: () => void): void {
    this.#byte(formatCode)
    const sizeAt = this.#at
    this.#uint32(0)
    this.#uint32(count)
    write()
    this.#bytes.writeUInt32BE(this.#at - sizeAt - 4, sizeAt)
  }

  #text(value: string, short: number, long: number): void {
    const length = Buffer.byteLength(value)
    if (length < 0x100) {
      this.#bytePair(short, length)
    } else {
      this.#byte(long)
      this.#uint32(length)
    }
    this.#reserve(length)
    this.#bytes.write(value, this.#at)
    this.#at += length
  }

  #byte(value: number): void {
    this.#reserve(1)
    this.#bytes[this.#at] = value
    this.#at += 1
  }

  #bytePair(first: number, second: number): void {
    this.#byte(first)
    this.#byte(second)
  }

  #uint32(value: number): void {
    this.#reserve(4)
    this.#bytes.writeUInt32BE(value, this.#at)
    this.#at += 4
  }

  #uint64(value: number | bigint): void {
    if (typeof value === 'number') {
      this.#uint32(Math.floor(value / TWO_TO_32))
      this.#uint32(value % TWO_TO_32)
      return
    }
    this.#reserve(8)
    this.#bytes.writeBigUInt64BE(value, this.#at)
    this.#at += 8
  }

  #reserve(length: number): void {
    if (this.#at + length <= this.#bytes.length) return
    const larger = Buffer.allocUnsafe(Math.max(this.#bytes.length * 2, this.#at + length))
    this.#bytes.copy(larger, 0, 0, this.#at)
    this.#bytes = larger
  }
}
