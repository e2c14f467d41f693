import { afterEach, describe, expect, it, vi } from 'vitest'
import { flowOf, startEvent } from '../../../test/support/flowd/flows.ts'
import { RecentEnds } from './recent-ends.ts'

const flow = flowOf(startEvent(1))

describe('RecentEnds', () => {
  afterEach(() => void vi.useRealTimers())

  it('forgets after a minute', () => {
    vi.useFakeTimers({ toFake: ['performance'] })
    const ends = new RecentEnds()
    ends.note({ ...flow, endTimeUs: 20 }, 'socket')
    vi.advanceTimersByTime(60_000)
    expect(ends.has(flow.key, 10)).toBe(true)
    vi.advanceTimersByTime(1)
    expect(ends.has(flow.key, 10)).toBe(false)
  })

  it('holds the youngest of very many', () => {
    const ends = new RecentEnds()
    const note = (key: string) => ends.note({ ...flow, key, endTimeUs: 20 }, 'event')
    for (const key of ['first', 'second']) note(key)
    note('first')
    for (let count = 0; count < 65_535; count += 1) note(`${count}`)
    expect(['first', 'second', '0'].map(key => ends.has(key, 10))).toEqual([true, false, true])
  })
})
