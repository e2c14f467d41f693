import { libc } from '../libc.ts'
import { type MemoryMap, mapMemory } from '../memory-map.ts'
import { type Watch, watchReadable } from '../poll.ts'
import type { BpfMap } from './map.ts'

/** linux/bpf.h: what the first four bytes of a record's header say beside its length. */
const BUSY = 0x8000_0000
const DISCARDED = 0x4000_0000
const LENGTH_MASK = 0x3fff_ffff
const HEADER_BYTES = 8

/** The maps of a program that writes records (`bpf/ring.h`). */
export interface RingBufferMaps {
  /** BPF_MAP_TYPE_RINGBUF */
  records: BpfMap
  /** A per-CPU array of one u64: how many records found the ring full. */
  lost: BpfMap
}

/**
 * Reads what a program writes into its ring buffer, on the event loop and in place: the kernel wakes us when there is
 * something, and each record is handed over where it lies, in the order of its reservation. Whoever closes the
 * program's object closes this first.
 *
 * The kernel shares three things (kernel/bpf/ringbuf.c): a page with how far we have read, a page with how far it has
 * written, and the data, mapped twice in a row so that no record is ever cut at the end. Both positions only grow.
 */
export class RingBuffer {
  readonly #lost: BpfMap
  readonly #onRecord: (record: Buffer) => void
  readonly #maps: readonly MemoryMap[]
  readonly #watch: Watch
  readonly #consumed: BigInt64Array
  readonly #produced: BigInt64Array
  readonly #data: Buffer
  readonly #headers: Int32Array
  readonly #mask: number
  /** How far we have read, in bytes since the ring was made. */
  #position: number
  #open = true

  /**
   * @param onRecord gets a record's bytes, valid during the call only
   * @throws TidemarkError SYSTEM_CALL_FAILED
   */
  constructor({ records, lost }: RingBufferMaps, onRecord: (record: Buffer) => void) {
    this.#lost = lost
    this.#onRecord = onRecord
    const page = libc().getpagesize()
    const size = records.maxEntries
    const what = `the ring buffer ${records.name}`
    const ours = mapMemory(what, { fd: records.fd, offset: 0, bytes: page, writable: true })
    const whole = { fd: records.fd, offset: page, bytes: page + 2 * size, writable: false }
    const theirs = mapOrClose(ours, () => mapMemory(what, whole))
    this.#maps = [ours, theirs]
    this.#consumed = new BigInt64Array(ours.bytes, 0, 1)
    this.#produced = new BigInt64Array(theirs.bytes, 0, 1)
    this.#data = Buffer.from(theirs.bytes, page, 2 * size)
    this.#headers = new Int32Array(theirs.bytes, page, (2 * size) / 4)
    this.#mask = size - 1
    this.#position = Number(Atomics.load(this.#consumed, 0))
    this.#watch = watchReadable(records.fd, () => this.drain())
  }

  /** How many records found the ring full, since the program was loaded. */
  get lost(): number {
    const counts = this.#lost.getPerCpu(Buffer.alloc(this.#lost.keyBytes))
    return counts.reduce((sum, count) => sum + Number(count.readBigUInt64LE()), 0)
  }

  /**
   * Hands over what has been written until now, and says how many records that were. What is written meanwhile comes in
   * a later turn of the event loop, so that a busy program does not starve other work.
   */
  drain(): number {
    if (!this.#open) return 0
    const end = Number(Atomics.load(this.#produced, 0))
    let count = 0
    try {
      while (this.#open && this.#position < end) {
        const offset = this.#position & this.#mask
        const header = Atomics.load(this.#headers, offset / 4)
        if (header & BUSY) break
        const length = header & LENGTH_MASK
        this.#position += (HEADER_BYTES + length + 7) & ~7
        if (header & DISCARDED) continue
        count += 1
        const start = offset + HEADER_BYTES
        this.#onRecord(this.#data.subarray(start, start + length))
      }
    } finally {
      // Whoever gets a record may close this; then the memory is gone.
      if (this.#open) Atomics.store(this.#consumed, 0, BigInt(this.#position))
    }
    return count
  }

  /** Ends the reading; what is still in the ring is left there. Idempotent. */
  close(): void {
    if (!this.#open) return
    this.#open = false
    this.#watch.close()
    for (const map of this.#maps) map.close()
  }

  [Symbol.dispose](): void {
    this.close()
  }
}

function mapOrClose(first: MemoryMap, make: () => MemoryMap): MemoryMap {
  try {
    return make()
  } catch (error) {
    first.close()
    throw error
  }
}
