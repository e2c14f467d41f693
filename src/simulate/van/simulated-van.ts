import { Random } from '../random.ts'
import { TICK_MS } from './clock.ts'
import { FaultyOutlet, type MessageFaults } from './faulty-outlet.ts'
import { Mishaps } from './mishaps.ts'
import { SimulatedNetwork } from './network.ts'
import { RouterEnd, type RouterEndCounts } from './router-end.ts'
import type { VanTruth } from './truth.ts'
import { DEFAULT_VAN_OPTIONS, type VanOptions } from './van-options.ts'

/** At most so many ticks are made up for at once when the process was held up. */
const MOST_TICKS_AT_ONCE = 20

/**
 * A virtual application network that is not there: a collector connects to it as to the router of its site, and
 * hears routers and controllers with links, services, processes and traffic. `network` holds the faults that happen
 * to its parts, `setMessageFaults` those that happen to messages, and `truth` says what a perfect collector shows.
 */
export class SimulatedVan {
  readonly options: VanOptions
  readonly network: SimulatedNetwork
  readonly #end: RouterEnd
  readonly #outlet: FaultyOutlet
  readonly #mishaps: Mishaps
  #timer: NodeJS.Timeout | undefined
  #startedMs = 0
  #ticksDone = 0

  constructor(options: Partial<VanOptions> = {}) {
    this.options = { ...DEFAULT_VAN_OPTIONS, ...options }
    this.#end = new RouterEnd(this.options.listen, { flush: direct => this.network.flush(direct) })
    // Faults draw from their own chance, so that they leave the network and its traffic as they are.
    const chance = new Random(this.options.seed + 1)
    this.#outlet = new FaultyOutlet(this.#end, chance.fork())
    this.network = new SimulatedNetwork(this.options, this.#outlet)
    this.#mishaps = new Mishaps(this.options.mishaps, this.network, () => this.cut(), chance.fork())
    this.setMessageFaults(this.options.messageFaults)
  }

  get host(): string {
    return this.#end.host
  }

  /** The port that clients connect to; a free one is known once started. */
  get port(): number {
    return this.#end.port
  }

  /** What passed the router end. */
  get counts(): RouterEndCounts {
    return this.#end.counts
  }

  /** Messages of controllers that clients have not answered yet; each holds up its controller in a real network. */
  get unanswered(): number {
    return this.#end.unanswered
  }

  /** Listens, and lets time run. */
  async start(): Promise<void> {
    await this.#end.start()
    this.#startedMs = performance.now()
    this.#ticksDone = 0
    this.#timer ??= setInterval(() => this.#catchUp(), TICK_MS / this.options.speed)
  }

  /** Cuts every connection, and lets time stand still. */
  async stop(): Promise<void> {
    clearInterval(this.#timer)
    this.#timer = undefined
    await this.#end.stop()
  }

  /** Lets ticks of 100 simulated milliseconds pass at once. */
  advance(ticks: number): void {
    for (let tick = 0; tick < ticks; tick += 1) {
      this.#outlet.tick()
      this.network.advance()
      this.#mishaps.tick()
    }
  }

  truth(): VanTruth {
    return this.network.truth()
  }

  /** Sets how probable faults of messages are; what is not named stays as it is. */
  setMessageFaults(faults: Partial<MessageFaults>): void {
    this.#outlet.faults = { ...this.#outlet.faults, ...faults }
  }

  /** The router end crashes: every connection breaks, but clients may come back at once. */
  cut(): void {
    this.#end.cut()
  }

  /** The router end is gone for a while (real, not simulated time): connections break, and new ones are refused. */
  async disappear(forMs: number): Promise<void> {
    await this.#end.stop()
    await new Promise(resolve => setTimeout(resolve, forMs))
    await this.#end.start()
  }

  #catchUp(): void {
    const due = Math.floor(((performance.now() - this.#startedMs) * this.options.speed) / TICK_MS)
    this.advance(Math.min(due - this.#ticksDone, MOST_TICKS_AT_ONCE))
    this.#ticksDone = due
  }
}
