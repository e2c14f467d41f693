import { type Logger, LogThrottle, type Metrics, type StageAccount } from '../../../common/index.ts'
import type { RingBufferMaps } from '../../../linux/index.ts'
import { RecordRing } from '../../record-ring.ts'
import { asVerdict, decodeVerdict } from './layout.ts'

/** What is beyond is counted, not logged: a program on a fast interface tells of a million packets a second. */
const LINES_PER_SECOND = 100

/** Logs what became of each packet (`debugMode`), as far as there is time for it. */
export class VerdictLog {
  readonly #account: StageAccount
  readonly #lines: LogThrottle
  readonly #warnings: LogThrottle
  #ring: RecordRing<Buffer> | undefined

  constructor(log: Logger, metrics: Metrics) {
    this.#account = metrics.stage('verdicts')
    this.#lines = new LogThrottle(log, { lines: LINES_PER_SECOND, periodMs: 1000 })
    this.#warnings = new LogThrottle(log)
  }

  /**
   * Reads what the programs write from now on.
   *
   * @throws TidemarkError SYSTEM_CALL_FAILED
   */
  start(maps: RingBufferMaps): void {
    this.#ring = new RecordRing(maps, {
      account: this.#account,
      decode: asVerdict,
      onRecord: verdict => this.#log(verdict),
      warnings: this.#warnings,
      lossWarning: undefined,
    })
  }

  /** Before the programs are closed. Idempotent. */
  stop(): void {
    this.#ring?.close()
    this.#ring = undefined
    this.#lines.flush()
    this.#warnings.flush()
  }

  /** Reads the verdict only if there is time to log it. */
  #log(verdict: Buffer): void {
    const logged = this.#lines.debug(() => [{ ...decodeVerdict(verdict) }, 'packet'])
    if (logged) this.#account.passed += 1
    else this.#account.drop('rate')
  }
}
