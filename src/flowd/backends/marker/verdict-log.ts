import { type Logger, LogThrottle, type Metrics, type StageAccount } from '../../../common/index.ts'
import type { RingBufferMaps } from '../../../linux/index.ts'
import { RecordRing } from '../../record-ring.ts'
import { asVerdict, decodeVerdict, OUTCOMES, outcomeOf } from './layout.ts'

/**
 * Of each outcome; what is beyond is counted, not logged: a program on a fast interface tells of a million packets a
 * second, most of them of others.
 */
const LINES_PER_SECOND = 20

/** Logs what became of each packet (`debugMode`), as far as there is time for it. */
export class VerdictLog {
  readonly #account: StageAccount
  /** In the order of the outcomes. */
  readonly #lines: readonly LogThrottle[]
  readonly #warnings: LogThrottle
  #ring: RecordRing<Buffer> | undefined

  constructor(log: Logger, metrics: Metrics) {
    this.#account = metrics.stage('verdicts')
    this.#lines = OUTCOMES.map(
      outcome => new LogThrottle(log.child({ outcome }), { lines: LINES_PER_SECOND, periodMs: 1000 }),
    )
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
    for (const lines of this.#lines) lines.flush()
    this.#warnings.flush()
  }

  /** Reads the verdict only if there is time to log it. */
  #log(verdict: Buffer): void {
    const logged = this.#lines[outcomeOf(verdict)]!.debug(() => [{ ...decodeVerdict(verdict) }, 'packet'])
    if (logged) this.#account.passed += 1
    else this.#account.drop('rate')
  }
}
