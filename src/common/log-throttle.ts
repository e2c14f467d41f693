import type { Logger } from './log.ts'

export interface LogThrottleOptions {
  /** How many lines one period may have, by default 10. */
  lines?: number
  /** By default 10 s. */
  periodMs?: number
}

type Level = 'warn' | 'info' | 'debug'

/** Makes a line. */
type Describe = () => readonly [fields: Record<string, unknown>, message: string]

/**
 * Keeps a flood of bad input from flooding the log: so many lines a period, then one line for each level that says how
 * many were left out. What it drops is counted elsewhere.
 */
export class LogThrottle {
  readonly #log: Logger
  readonly #lines: number
  readonly #periodMs: number
  #used = 0
  readonly #leftOut: Record<Level, number> = { warn: 0, info: 0, debug: 0 }
  #period: NodeJS.Timeout | undefined

  constructor(log: Logger, { lines = 10, periodMs = 10_000 }: LogThrottleOptions = {}) {
    this.#log = log
    this.#lines = lines
    this.#periodMs = periodMs
  }

  /**
   * Logs a warning, or counts it as left out.
   *
   * @param describe makes the line; not called when there is no room for it
   */
  warn(describe: Describe): void {
    this.#line('warn', describe)
  }

  /** The same for what is worth knowing and no warning. */
  info(describe: Describe): void {
    this.#line('info', describe)
  }

  /** The same for a line that is no warning; whether it was logged. */
  debug(describe: Describe): boolean {
    return this.#line('debug', describe)
  }

  /** Says what was left out in the current period, and begins a new one. */
  flush(): void {
    clearTimeout(this.#period)
    this.#renew()
  }

  #line(level: Level, describe: Describe): boolean {
    if (this.#used >= this.#lines) {
      this.#leftOut[level] += 1
      return false
    }
    this.#used += 1
    this.#period ??= setTimeout(() => this.#renew(), this.#periodMs).unref()
    this.#log[level](...describe())
    return true
  }

  #renew(): void {
    this.#period = undefined
    this.#used = 0
    this.#tellLeftOut('warn', 'similar warnings were left out')
    this.#tellLeftOut('info', 'similar lines were left out')
    this.#tellLeftOut('debug', 'similar lines were left out')
  }

  #tellLeftOut(level: Level, message: string): void {
    const leftOut = this.#leftOut[level]
    if (leftOut === 0) return
    this.#leftOut[level] = 0
    this.#log[level]({ leftOut }, message)
  }
}
