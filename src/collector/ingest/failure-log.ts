import type { Logger, TidemarkError } from '../../common/index.ts'

/** How often a failure that goes on is said again. */
const REMINDER_US = 60_000_000

/** Logs a failure with its remedy when it first shows, and each minute while it goes on. */
export class FailureLog {
  #said: string | undefined
  #saidUs = 0

  report(log: Logger, failure: TidemarkError, nowUs: number, fields: Record<string, unknown> = {}): void {
    const isNew = this.#said !== failure.message || nowUs - this.#saidUs >= REMINDER_US
    if (isNew) this.#saidUs = nowUs
    this.#said = failure.message
    log[isNew ? 'warn' : 'debug']({ code: failure.code, remedy: failure.remedy, ...fields }, failure.message)
  }

  /** It is over: the same is new when it comes again. */
  clear(): void {
    this.#said = undefined
  }
}
