import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Round } from './lookup-round.ts'
import { Pacer } from './pacer.ts'

describe('Pacer', () => {
  let beganMs = 0
  let times: number[] = []
  let failures: unknown[] = []
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
    beganMs = performance.now()
    times = []
    failures = []
  })
  afterEach(() => vi.useRealTimers())

  /** Begins rounds of some steps; each notes when it was done, then does what it is told to. */
  function pace(periodMs: number, steps: number, work: () => void = () => undefined) {
    const begin = (): Round => {
      let left = steps
      return {
        steps,
        step: () => {
          if (left === 0) return false
          left -= 1
          times.push(performance.now() - beganMs)
          work()
          return true
        },
      }
    }
    const pacer = new Pacer(periodMs, begin, error => failures.push(error))
    pacer.start()
    return pacer
  }

  it('spreads the steps of a round over the period, and begins the next when its period does', () => {
    const pacer = pace(300, 10)
    pacer.start()
    vi.advanceTimersByTime(650)
    // A round begins a millisecond after the last one is seen to be done.
    expect(times.map(time => Math.floor(time / 30))).toEqual(Array.from(times.keys()))
    expect(times).toHaveLength(22)
    pacer.stop()
    vi.advanceTimersByTime(1000)
    expect(times).toHaveLength(22)
  })

  it('does steps that are close together at once', () => {
    pace(200, 1000)
    vi.advanceTimersByTime(199)
    expect(new Set(times)).toEqual(new Set([0, 25, 50, 75, 100, 125, 150, 175]))
    expect(times.filter(time => time <= 100)).toHaveLength(501)
  })

  it('gives others their turn when steps take long', () => {
    pace(300, 10, () => vi.advanceTimersByTime(40))
    vi.advanceTimersByTime(1)
    expect(times).toEqual([0])
  })

  it('keeps the beginnings of rounds although each step takes time', () => {
    pace(300, 1, () => vi.advanceTimersByTime(10))
    vi.advanceTimersByTime(1000)
    expect(times).toEqual([0, 300, 600, 900])
  })

  it('begins the next round late when one does not fit its period', () => {
    pace(100, 2, () => vi.advanceTimersByTime(80))
    vi.advanceTimersByTime(1000)
    const starts = times.filter((_, index) => index % 2 === 0)
    const apart = starts.slice(1).map((time, index) => time - (starts[index] ?? 0))
    expect(Math.min(...apart)).toBeGreaterThanOrEqual(160)
    expect(Math.max(...apart)).toBeLessThanOrEqual(250)
  })

  it('tells what failed, and goes on with the next step', () => {
    pace(200, 10, () => {
      throw new Error('no')
    })
    vi.advanceTimersByTime(199)
    expect(failures).toHaveLength(times.length)
    expect(times.length).toBeGreaterThan(5)
  })

  it('rests while there is nothing to do', () => {
    let asked = 0
    const pacer = new Pacer(
      1,
      () => {
        asked += 1
        return undefined
      },
      error => failures.push(error),
    )
    pacer.start()
    vi.advanceTimersByTime(50)
    expect(asked).toBe(1)
    pacer.start()
    vi.advanceTimersByTime(50)
    expect(asked).toBe(2)
  })
})
