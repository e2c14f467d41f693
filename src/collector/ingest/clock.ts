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

/** The host's clock. */
export const systemClock: Clock = {
  nowUs: () => Date.now() * 1000,
  after(delayMs, callback) {
    const timer = setTimeout(callback, delayMs)
    return () => clearTimeout(timer)
  },
}
