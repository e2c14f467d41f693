import { addressOf, libc } from '../libc.ts'
import { MSG } from '../socket-constants.ts'

/** Bytes of `struct iovec` and `struct mmsghdr` (sys/socket.h) on 64-bit machines, and where their fields are. */
const IOVEC = { size: 16, length: 8 } as const
const HEADER = { size: 64, vector: 16, vectorLength: 24, received: 56 } as const

/**
 * Receives many datagrams by one system call (recvmmsg(2)), each into a slot of its own; what is longer than a slot is
 * cut. Made once and used again: receiving allocates nothing.
 */
export class DatagramBatch {
  /** How many datagrams one call receives at most. */
  readonly capacity: number
  readonly #slotBytes: number
  /** All slots. */
  readonly bytes: Buffer
  readonly #headers: Buffer
  /** Held only so that it is not collected: the headers point to it. */
  readonly #vectors: Buffer

  constructor(capacity: number, slotBytes: number) {
    this.capacity = capacity
    this.#slotBytes = slotBytes
    this.bytes = Buffer.allocUnsafeSlow(capacity * slotBytes)
    this.#vectors = Buffer.allocUnsafeSlow(capacity * IOVEC.size)
    this.#headers = Buffer.allocUnsafeSlow(capacity * HEADER.size).fill(0)
    const [data, vectors] = [addressOf(this.bytes), addressOf(this.#vectors)]
    for (let slot = 0; slot < capacity; slot += 1) {
      const vector = slot * IOVEC.size
      this.#vectors.writeBigUInt64LE(data + BigInt(slot * slotBytes), vector)
      this.#vectors.writeBigUInt64LE(BigInt(slotBytes), vector + IOVEC.length)
      const header = slot * HEADER.size
      this.#headers.writeBigUInt64LE(vectors + BigInt(vector), header + HEADER.vector)
      this.#headers.writeBigUInt64LE(1n, header + HEADER.vectorLength)
    }
  }

  /** Receives what is there, without waiting. Returns how many datagrams came, or -1 with the reason in `errno`. */
  receive(fd: number): number {
    return libc().recvmmsg(fd, this.#headers, this.capacity, MSG.DONTWAIT, null)
  }

  /** Where a slot begins in `bytes`. */
  start(slot: number): number {
    return slot * this.#slotBytes
  }

  /** How long the datagram in a slot is, as far as it fits. */
  length(slot: number): number {
    return this.#headers.readUInt32LE(slot * HEADER.size + HEADER.received)
  }

  /** A datagram of the latest call, valid until the next. */
  at(slot: number): Buffer {
    return this.bytes.subarray(this.start(slot), this.start(slot) + this.length(slot))
  }
}
