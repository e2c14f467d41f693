import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MessageIds } from './message-ids.ts'

const WINDOW_US = 2_000_000
const S = 1_000_000

function verdicts(ids: readonly [link: string, id: number, atUs: number][]): string[] {
  const tracker = new MessageIds(WINDOW_US)
  return ids.map(([link, id, atUs]) => tracker.observe(link, id, atUs))
}

describe('message ids', () => {
  it('tell a restart when the counter falls below all that the link brought lately', () => {
    expect(
      verdicts([
        ['a', 40, 0],
        ['a', 41, S],
        ['a', 3, 6 * S],
      ]),
    ).toEqual(['next', 'next', 'restarted'])
  })

  it('tell a restart of a router that was seen from its first message on', () => {
    const life: [string, number, number][] = Array.from({ length: 50 }, (_, id) => ['a', id, id * S])
    expect(verdicts([...life, ['a', 0, 55 * S]]).at(-1)).toBe('restarted')
  })

  it('take copies that come by a second path for what they are', () => {
    expect(
      verdicts([
        ['a', 40, 0],
        ['a', 41, 0],
        ['a', 42, 0],
        ['a', 40, S],
        ['a', 41, S],
        ['a', 43, S],
      ]),
    ).toEqual(['next', 'next', 'next', 'repeated', 'repeated', 'next'])
  })

  it('do not mistake an overtaking between two addresses for a restart', () => {
    expect(
      verdicts([
        ['main', 40, 0],
        ['flows', 45, 0],
        ['main', 41, 0],
        ['flows', 46, 0],
      ]),
    ).toEqual(Array(4).fill('next'))
  })

  it('count what is missing once, and not what is only late on another address', () => {
    const tracker = new MessageIds(WINDOW_US)
    for (const id of [10, 11, 14, 15]) tracker.observe('main', id, 0)
    expect(tracker.takeMissing()).toBe(0)
    tracker.observe('flows', 12, S)
    expect(tracker.takeMissing()).toBe(1)
    expect(tracker.takeMissing()).toBe(0)
  })

  it('count exactly the ids that were dropped, however many checks there are', () => {
    const step = fc.record({ dropped: fc.nat(20), taken: fc.integer({ min: 1, max: 20 }), check: fc.boolean() })
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 50 }), steps => {
        const tracker = new MessageIds(WINDOW_US)
        let id = 100
        let dropped = 0
        let counted = 0
        tracker.observe('main', id, 0)
        for (const { dropped: gap, taken, check } of steps) {
          dropped += gap
          id += gap
          for (let index = 0; index < taken; index += 1) {
            id += 1
            tracker.observe('main', id, 0)
          }
          if (check) counted += tracker.takeMissing()
        }
        counted += tracker.takeMissing() + tracker.takeMissing()
        expect(counted).toBe(dropped)
      }),
    )
  })

  it('forget all on reset, so that a reconnect is neither a gap nor a restart', () => {
    const tracker = new MessageIds(WINDOW_US)
    tracker.observe('main', 100, 0)
    tracker.reset()
    expect(tracker.observe('main', 3, 0)).toBe('next')
    tracker.observe('main', 4, 0)
    tracker.takeMissing()
    expect(tracker.takeMissing()).toBe(0)
  })
})
