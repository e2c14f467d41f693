import { describe, expect, it, vi } from 'vitest'
import { silentLogger } from './log.ts'
import { LogThrottle } from './log-throttle.ts'

describe('LogThrottle', () => {
  it('lets some lines through, and says how many it left out', () => {
    vi.useFakeTimers()
    try {
      const lines: unknown[] = []
      const log = { ...silentLogger, warn: (fields: object, message: string) => void lines.push([fields, message]) }
      const throttle = new LogThrottle(log, { lines: 2, periodMs: 1000 })
      const warn = (n: number) => throttle.warn(() => [{ n }, 'bad'])
      for (let n = 0; n < 5; n += 1) warn(n)
      expect(lines.splice(0)).toEqual([
        [{ n: 0 }, 'bad'],
        [{ n: 1 }, 'bad'],
      ])
      vi.advanceTimersByTime(1000)
      expect(lines.splice(0)).toEqual([[{ leftOut: 3 }, 'similar warnings were left out']])
      warn(5)
      throttle.flush()
      vi.advanceTimersByTime(5000)
      expect(lines).toEqual([[{ n: 5 }, 'bad']])
    } finally {
      vi.useRealTimers()
    }
  })

  it('does the same for what is no warning, and tells whether a line was logged', () => {
    const lines: unknown[] = []
    const log = { ...silentLogger, debug: (fields: object, message: string) => void lines.push([fields, message]) }
    const throttle = new LogThrottle(log, { lines: 2, periodMs: 1000 })
    expect([1, 2, 3].map(n => throttle.debug(() => [{ n }, 'seen']))).toEqual([true, true, false])
    throttle.flush()
    expect(lines.at(-1)).toEqual([{ leftOut: 1 }, 'similar lines were left out'])
  })

  it('tells of each level what it left out of it', () => {
    const lines: unknown[] = []
    const log = {
      ...silentLogger,
      warn: (fields: object, message: string) => void lines.push(['warn', fields, message]),
      info: (fields: object, message: string) => void lines.push(['info', fields, message]),
      debug: (fields: object, message: string) => void lines.push(['debug', fields, message]),
    }
    const throttle = new LogThrottle(log, { lines: 1, periodMs: 1000 })
    throttle.warn(() => [{}, 'bad'])
    throttle.warn(() => [{}, 'bad'])
    throttle.warn(() => [{}, 'bad'])
    throttle.info(() => [{}, 'said'])
    throttle.debug(() => [{}, 'seen'])
    throttle.flush()
    expect(lines.slice(1)).toEqual([
      ['warn', { leftOut: 2 }, 'similar warnings were left out'],
      ['info', { leftOut: 1 }, 'similar lines were left out'],
      ['debug', { leftOut: 1 }, 'similar lines were left out'],
    ])
  })
})
