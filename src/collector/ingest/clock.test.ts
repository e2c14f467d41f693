import { afterEach, describe, expect, it, vi } from 'vitest'
import { systemClock } from './clock.ts'

afterEach(() => vi.restoreAllMocks())

describe('the clock of the collector', () => {
  it('is that of the host, in whole microseconds', () => {
    expect(Math.abs(systemClock.nowUs() - Date.now() * 1000)).toBeLessThan(5_000_000)
    expect(Number.isInteger(systemClock.nowUs())).toBe(true)
  })

  it('goes on when the clock of the host is set back by an hour', () => {
    const beforeUs = systemClock.nowUs()
    const set = Date.now() - 3_600_000
    vi.spyOn(Date, 'now').mockReturnValue(set)
    expect(systemClock.nowUs()).toBeGreaterThanOrEqual(beforeUs)
  })
})
