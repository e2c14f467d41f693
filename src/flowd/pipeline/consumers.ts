import { setTimeout as delay } from 'node:timers/promises'
import type { Logger, Metrics } from '../../common/index.ts'
import type { FlowChange } from '../flow.ts'
import type { FlowsView } from '../unit.ts'
import { type ChangeConsumer, ChangeQueue } from './change-queue.ts'
import { PAUSE_MS, SLICE, within } from './pace.ts'
import { stopEach } from './stop-each.ts'

export interface ConsumersSetup {
  /** What they are, for metrics and messages. */
  kind: 'backend' | 'enricher'
  /** The flows that a new one is told of. */
  flows: FlowsView
  metrics: Metrics
  log: Logger
  /** How many changes may wait for each. */
  queueCapacity: number
  /** How long one that is slow is waited for: when it comes, and when it goes. */
  patienceMs: number
}

/** The backends or the enrichers, each behind its own queue. They come and go while changes flow. */
export class Consumers {
  readonly #setup: ConsumersSetup
  readonly #queues = new Map<string, ChangeQueue>()

  constructor(setup: ConsumersSetup) {
    this.#setup = setup
  }

  /** How many changes every one could take now, at most a slice. */
  get room(): number {
    return Math.min(SLICE, ...[...this.#queues.values()].map(queue => queue.room))
  }

  /** Starts a consumer, and tells it of the flows that live already as `resume`. */
  async add(name: string, consumer: ChangeConsumer): Promise<void> {
    const { kind, metrics, log, queueCapacity: capacity } = this.#setup
    const account = metrics.stage(`${kind} ${name}`)
    const queue = new ChangeQueue({ consumer, capacity, account, log: log.child({ [kind]: name }) })
    await queue.start()
    this.#queues.set(name, queue)
    await this.#tellLive(queue)
  }

  /** Stops a consumer after it has handled what waits for it, as long as patience lasts. */
  async remove(name: string): Promise<void> {
    const queue = this.#queues.get(name)
    this.#queues.delete(name)
    if (queue === undefined) return
    await within(this.#setup.patienceMs, queue.idle())
    await queue.stop()
  }

  /** Tells every one of a change. */
  offer(change: FlowChange): void {
    for (const queue of this.#queues.values()) queue.offer(change)
  }

  /** Resolves when every one has handled what waits for it now. */
  async idle(): Promise<void> {
    await Promise.all([...this.#queues.values()].map(queue => queue.idle()))
  }

  /** Stops them all; what waits for them is dropped. Idempotent. */
  async stop(): Promise<void> {
    await stopEach(this.#queues, this.#setup.log)
  }

  /**
   * Tells a new consumer of the flows that live. It gets changes meanwhile: a flow that starts may be told as `resume`
   * as well, one that ends may be told only of its end.
   */
  async #tellLive(queue: ChangeQueue): Promise<void> {
    const patienceEnds = performance.now() + this.#setup.patienceMs
    let told = 0
    for (const flow of this.#setup.flows.flows()) {
      queue.offer({ kind: 'resume', flow })
      told += 1
      if (told % SLICE > 0) continue
      while (queue.room < queue.capacity / 2 && performance.now() < patienceEnds) await delay(PAUSE_MS)
    }
  }
}
