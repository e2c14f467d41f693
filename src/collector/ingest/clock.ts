/**
 * The collector's time, one for what is stamped and what is waited for, so that a test can run a day in a minute
 * with every proportion kept.
 */
export interface Clock {
  /** Microseconds since the epoch. */
  nowUs(): number
  /** Calls back once after so many milliseconds of this clock, until the function returned is called. */
  after(delayMs: number, callback: () => void): () => void
}

/**
 * The host's clock as it was when the process started, going on evenly: were it set back by an hour, silence would show
 * an hour late, and what waits for a sweep or a FLUSH would wait as long.
 */
export const systemClock: Clock = {
  nowUs: () => Math.floor((performance.timeOrigin + performance.now()) * 1000),
  after(delayMs, callback) {
    const timer = setTimeout(callback, delayMs)
    return () => clearTimeout(timer)
  },
}
