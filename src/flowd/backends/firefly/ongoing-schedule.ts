import type { Flow } from '../../flow.ts'
import type { TcpSample } from '../../sample.ts'

/** How often the schedule looks who is due. */
const LOOK_MS = 100

/** Announces a flow with its last sample of each enricher; what it returns is waited for before the next. */
export type Announce = (flow: Flow, samples: readonly TcpSample[]) => Promise<void> | undefined

interface Entry {
  flow: Flow
  dueMs: number
  /** By the enricher's name; what was read since the flow was announced last. */
  samples: Map<string, TcpSample>
}

/**
 * Has each live flow announced once in each period, the first time a period after it was added. All flows have the same
 * period, so that the order of adding is the order of being due.
 */
export class OngoingSchedule {
  readonly #periodMs: number
  readonly #announce: Announce
  readonly #entries = new Map<string, Entry>()
  #timer: NodeJS.Timeout | undefined
  #round: Promise<void> | undefined

  constructor(periodMs: number, announce: Announce) {
    this.#periodMs = periodMs
    this.#announce = announce
  }

  start(): void {
    this.#timer = setInterval(() => this.#look(), LOOK_MS)
  }

  /** Resolves when nobody will be announced any more. */
  async stop(): Promise<void> {
    clearInterval(this.#timer)
    this.#entries.clear()
    await this.#round
  }

  add(flow: Flow): void {
    this.#entries.delete(flow.key)
    this.#entries.set(flow.key, { flow, dueMs: performance.now() + this.#periodMs, samples: new Map() })
  }

  remove({ key }: Flow): void {
    this.#entries.delete(key)
  }

  /** Notes a sample for the next announcement; it takes the place of an earlier one of the same enricher. */
  note({ key }: Flow, sample: TcpSample): void {
    this.#entries.get(key)?.samples.set(sample.source, sample)
  }

  #look(): void {
    if (this.#round !== undefined || this.#next() === undefined) return
    this.#round = this.#announceDue().finally(() => {
      this.#round = undefined
    })
  }

  async #announceDue(): Promise<void> {
    for (let entry = this.#next(); entry !== undefined; entry = this.#next()) {
      const { flow, samples } = entry
      this.add(flow)
      await this.#announce(flow, [...samples.values()])
    }
  }

  #next(): Entry | undefined {
    const [first] = this.#entries.values()
    return first === undefined || first.dueMs > performance.now() ? undefined : first
  }
}
