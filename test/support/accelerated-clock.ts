import { type Clock, systemClock } from '../../src/collector/ingest/index.ts'

/** A clock that starts at a given time and runs `speed` times as fast as the host's. */
export function acceleratedClock(speed: number, startUs: number = Date.now() * 1000): Clock {
  const originMs = performance.now()
  return {
    nowUs: () => Math.floor(startUs + (performance.now() - originMs) * 1000 * speed),
    after: (delayMs, callback) => systemClock.after(delayMs / speed, callback),
  }
}
