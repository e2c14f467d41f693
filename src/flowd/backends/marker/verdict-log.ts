import { type Logger, LogThrottle, type Metrics, type StageAccount } from '../../../common/index.ts'
import { RingBuffer, type RingBufferMaps } from '../../../linux/index.ts'
import { decodeVerdict } from './layout.ts'

/** What is beyond is counted, not logged: a program on a fast interface tells of a million packets a second. */
const LINES_PER_SECOND = 100
const SECOND_MS = 1000

/** Logs what became of each packet (`debugMode`), as far as there is time for it. */
export class VerdictLog {
  readonly #account: StageAccount
  readonly #lines: LogThrottle
  #ring: RingBuffer | undefined
  #look: NodeJS.Timeout | undefined
  #lost = 0

  constructor(log: Logger, metrics: Metrics) {
    this.#account = metrics.stage('verdicts')
    this.#lines = new LogThrottle(log, { lines: LINES_PER_SECOND, periodMs: SECOND_MS })
  }

  /**
   * Reads what the programs write from now on.
   *
   * @throws TidemarkError SYSTEM_CALL_FAILED
   */
  start(maps: RingBufferMaps): void {
    this.#ring = new RingBuffer(maps, record => this.#take(record))
    this.#look = setInterval(() => this.#countLost(), SECOND_MS)
  }

  /** Before the programs are closed. Idempotent. */
  stop(): void {
    clearInterval(this.#look)
    this.#ring?.drain()
    this.#countLost()
    this.#ring?.close()
    this.#ring = undefined
    this.#lines.flush()
  }

  #take(record: Buffer): void {
    this.#account.received += 1
    const logged = this.#lines.debug(() => [{ ...decodeVerdict(record) }, 'packet'])
    if (logged) this.#account.passed += 1
    else this.#account.drop('rate')
  }

  #countLost(): void {
    const lost = this.#ring?.lost ?? this.#lost
    const more = lost - this.#lost
    this.#lost = lost
    if (more === 0) return
    this.#account.received += more
    this.#account.drop('ring-full', more)
  }
}
