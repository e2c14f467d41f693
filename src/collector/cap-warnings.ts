import { type ErrorCode, type Logger, type Service, TidemarkError } from '../common/index.ts'
import { type Clock, FailureLog } from './ingest/index.ts'

/** Something that has a limit, and how much was refused beyond it. */
export interface Cap {
  code: Extract<ErrorCode, 'STORE_FULL' | 'INBOX_FULL' | 'SOURCES_FULL'>
  limit: () => number
  /** The sum since the start. */
  refused: () => number
}

const LOOK_MS = 1000

/** Says in the log, with a remedy, that something is refused for want of room: when it begins, and each minute. */
export class CapWarnings implements Service {
  readonly #caps: readonly { cap: Cap; log: FailureLog; refusedBefore: number }[]
  readonly #clock: Clock
  readonly #log: Logger
  #cancel: (() => void) | undefined

  constructor(caps: readonly Cap[], clock: Clock, log: Logger) {
    this.#caps = caps.map(cap => ({ cap, log: new FailureLog(), refusedBefore: 0 }))
    this.#clock = clock
    this.#log = log
  }

  async start(): Promise<void> {
    this.#schedule()
  }

  async stop(): Promise<void> {
    this.#cancel?.()
    this.#cancel = undefined
  }

  #schedule(): void {
    this.#cancel = this.#clock.after(LOOK_MS, () => {
      this.#look()
      this.#schedule()
    })
  }

  #look(): void {
    for (const one of this.#caps) {
      const { cap, log, refusedBefore } = one
      const refused = cap.refused()
      one.refusedBefore = refused
      if (refused === refusedBefore) continue
      const failure = new TidemarkError(cap.code, { limit: cap.limit() })
      log.report(this.#log, failure, this.#clock.nowUs(), { refused })
    }
  }
}
