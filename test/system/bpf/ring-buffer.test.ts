import { readdirSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { ringMaps } from '../../../src/flowd/record-ring.ts'
import { RingBuffer } from '../../../src/linux/index.ts'
import { RING_ROOM, RingProbe, toldNumbers } from '../../support/ring-probe.ts'

/** Reads what the probe writes. */
function read({ object }: RingProbe, onRecord: (record: Buffer) => void): RingBuffer {
  return new RingBuffer(ringMaps(object), onRecord)
}

describe('a ring buffer', () => {
  it('hands records over in order, also those that lie over its end, and tells their lengths', async () => {
    using probe = new RingProbe()
    const seen: number[] = []
    using ring = read(probe, record => {
      const number = record.readUInt32LE()
      expect(record.length).toBe(number % 2 ? 8 : 4)
      seen.push(number)
    })
    const batch = 3000
    for (let round = 0; round < 5; round += 1) {
      probe.write(round * batch, batch)
      await expect.poll(() => seen.length).toBe(toldNumbers(0, (round + 1) * batch).length)
    }
    expect(seen).toEqual(toldNumbers(0, 5 * batch))
    expect(ring.lost).toBe(0)
  })

  it('wakes for each record that comes while nobody reads', async () => {
    using probe = new RingProbe()
    let seen = 0
    using _ring = read(probe, record => {
      seen = record.readUInt32LE()
    })
    for (const number of [1, 2, 3, 4]) {
      probe.write(number, 1)
      await expect.poll(() => seen).toBe(number)
      await delay(5)
    }
  })

  it('counts what found it full, and loses nothing else', () => {
    using probe = new RingProbe()
    const seen: number[] = []
    using ring = read(probe, record => seen.push(record.readUInt32LE()))
    probe.write(1, RING_ROOM + 100)
    expect(ring.lost).toBe(100)
    ring.drain()
    expect(seen).toEqual(toldNumbers(1, RING_ROOM))
    probe.write(1, 10)
    ring.drain()
    expect(seen).toHaveLength(toldNumbers(1, RING_ROOM).length + toldNumbers(1, 10).length)
    expect(ring.lost).toBe(100)
  })

  it('may be closed by the one who gets a record', () => {
    using probe = new RingProbe()
    let seen = 0
    const ring = read(probe, () => {
      seen += 1
      ring.close()
    })
    probe.write(1, 4)
    expect(ring.drain()).toBe(1)
    expect(ring.drain()).toBe(0)
    expect(seen).toBe(1)
  })

  it('goes on after a reader that throws', () => {
    using probe = new RingProbe()
    const seen: number[] = []
    using ring = read(probe, record => {
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
      using probe = new RingProbe()
      using ring = read(probe, () => undefined)
      probe.write(1, 10)
      ring.drain()
    }
    once()
    const before = open()
    for (let round = 0; round < 100; round += 1) once()
    expect(open()).toBe(before)
  })
})
