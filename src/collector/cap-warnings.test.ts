import { describe, expect, it } from 'vitest'
import { silentLogger } from '../common/index.ts'
import { CapWarnings } from './cap-warnings.ts'
import type { Clock } from './ingest/index.ts'

describe('CapWarnings', () => {
  it('say that something is refused when it begins, and each minute while it goes on', async () => {
    let nowMs = 0
    let due: (() => void) | undefined
    const clock: Clock = {
      nowUs: () => nowMs * 1000,
      after: (_delayMs, callback) => {
        due = callback
        return () => undefined
      },
    }
    const warned: unknown[] = []
    const log = { ...silentLogger, warn: (fields: object, text: string) => void warned.push([nowMs, fields, text]) }
    let refused = 0
    const caps = new CapWarnings([{ code: 'STORE_FULL', limit: () => 5000, refused: () => refused }], clock, log)
    await caps.start()
    const pass = (seconds: number, each: number) => {
      for (let second = 0; second < seconds; second += 1) {
        nowMs += 1000
        refused += each
        due?.()
      }
    }
    pass(5, 0)
    expect(warned).toEqual([])
    pass(70, 2)
    pass(100, 0)
    pass(1, 3)
    const told = (atMs: number, sum: number): unknown[] => [
      atMs,
      expect.objectContaining({ code: 'STORE_FULL', refused: sum }),
      expect.stringContaining('5000 bytes'),
    ]
    expect(warned).toEqual([told(6000, 2), told(66_000, 122), told(176_000, 143)])
    await caps.stop()
  })
})
