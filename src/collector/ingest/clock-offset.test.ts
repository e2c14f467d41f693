import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ClockOffset } from './clock-offset.ts'

const S = 1_000_000

describe('the clock offset of a source', () => {
  it('is the least difference of the last heartbeats, so that a late one does not count', () => {
    const offset = new ClockOffset()
    expect(offset.add(1000 * S, 1003 * S + 400)).toBe(3 * S + 400)
    expect(offset.add(1002 * S, 1005 * S + 100)).toBe(3 * S + 100)
    expect(offset.add(1004 * S, 1008 * S)).toBe(3 * S + 100)
  })

  it('is never below the true offset and at most the least delay above it', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: -1e9, max: 1e9 }),
        fc.array(fc.nat(300_000), { minLength: 1, maxLength: 30 }),
        (trueOffset, delays) => {
          const offset = new ClockOffset()
          let estimate = 0
          delays.forEach((delay, beat) => {
            estimate = offset.add(beat * 2 * S, beat * 2 * S + trueOffset + delay)
          })
          expect(estimate).toBe(trueOffset + Math.min(...delays.slice(-8)))
        },
      ),
    )
  })

  it('follows a clock that was set forward at once, and one that was set back after three heartbeats', () => {
    const offset = new ClockOffset()
    for (let beat = 0; beat < 8; beat += 1) offset.add(beat * 2 * S, beat * 2 * S)
    expect(offset.add(26 * S, 16 * S)).toBe(-10 * S)
    const back = new ClockOffset()
    for (let beat = 0; beat < 8; beat += 1) back.add(beat * 2 * S, beat * 2 * S)
    expect([16, 18, 20].map(now => back.add((now - 10) * S, now * S))).toEqual([0, 0, 10 * S])
  })
})
