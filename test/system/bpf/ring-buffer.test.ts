import { readdirSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { BpfObject, RingBuffer } from '../../../src/linux/index.ts'

const RING_BYTES = 65_536
/** A record of 4 or 8 bytes takes 16: 8 are its header. */
const RECORD_BYTES = 16

/** The program `probe_ring`, run on packets that carry numbers; it keeps silent about those that 5 divides. */
class Probe {
  readonly object = BpfObject.load({ path: 'test/support/bpf/ring-probe.bpf.o', program: 'probe_ring' })
  readonly #program = this.object.program('probe_ring')
  readonly #packet = Buffer.alloc(64)

  read(onRecord: (record: Buffer) => void): RingBuffer {
    const maps = { records: this.object.map('tidemark_records'), lost: this.object.map('tidemark_lost') }
    return new RingBuffer(maps, onRecord)
  }

  write(first: number, count: number): void {
    for (let number = first; number < first + count; number += 1) {
      this.#packet.writeUInt32LE(number, 14)
      this.#program.testRun(this.#packet)
    }
  }

  [Symbol.dispose](): void {
    this.object.close()
  }
}

const told = (first: number, count: number) =>
  Array.from({ length: count }, (_, index) => first + index).filter(number => number % 5 !== 0)

describe('a ring buffer', () => {
  it('hands records over in order, also those that lie over its end, and tells their lengths', async () => {
    using probe = new Probe()
    const seen: number[] = []
    using ring = probe.read(record => {
      const number = record.readUInt32LE()
      expect(record.length).toBe(number % 2 ? 8 : 4)
      seen.push(number)
    })
    const batch = 3000
    for (let round = 0; round < 5; round += 1) {
      probe.write(round * batch, batch)
      await expect.poll(() => seen.length, { timeout: 10_000 }).toBe(told(0, (round + 1) * batch).length)
    }
    expect(seen).toEqual(told(0, 5 * batch))
    expect(ring.lost).toBe(0)
  })

  it('wakes for each record that comes while nobody reads', async () => {
    using probe = new Probe()
    let seen = 0
    using _ring = probe.read(record => {
      seen = record.readUInt32LE()
    })
    for (const number of [1, 2, 3, 4]) {
      probe.write(number, 1)
      await expect.poll(() => seen, { timeout: 10_000 }).toBe(number)
      await delay(5)
    }
  })

  it('counts what found it full, and loses nothing else', () => {
    using probe = new Probe()
    const seen: number[] = []
    using ring = probe.read(record => seen.push(record.readUInt32LE()))
    // The kernel never fills the last bytes, by which a full ring differs from an empty one.
    const room = RING_BYTES / RECORD_BYTES - 1
    probe.write(1, room + 100)
    expect(ring.lost).toBe(100)
    ring.drain()
    expect(seen).toEqual(told(1, room))
    probe.write(1, 10)
    ring.drain()
    expect(seen).toHaveLength(told(1, room).length + told(1, 10).length)
    expect(ring.lost).toBe(100)
  })

  it('may be closed by the one who gets a record', () => {
    using probe = new Probe()
    let seen = 0
    const ring = probe.read(() => {
      seen += 1
      ring.close()
    })
    probe.write(1, 4)
    expect(ring.drain()).toBe(1)
    expect(ring.drain()).toBe(0)
    expect(seen).toBe(1)
  })

  it('goes on after a reader that throws', () => {
    using probe = new Probe()
    const seen: number[] = []
    using ring = probe.read(record => {
      const number = record.readUInt32LE()
      if (number === 2) throw new Error('no')
      seen.push(number)
    })
    probe.write(1, 4)
    expect(() => ring.drain()).toThrow('no')
    ring.drain()
    expect(seen).toEqual([1, 3, 4])
  })

  it('leaves no descriptor and no memory behind', () => {
    const open = () => readdirSync('/proc/self/fd').length
    const once = () => {
      using probe = new Probe()
      using ring = probe.read(() => undefined)
      probe.write(1, 10)
      ring.drain()
    }
    once()
    const before = open()
    for (let round = 0; round < 100; round += 1) once()
    expect(open()).toBe(before)
  })
})
