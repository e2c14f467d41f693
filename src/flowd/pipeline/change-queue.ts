import { BoundedQueue, type Logger, messageOf, type StageAccount } from '../../common/index.ts'
import type { FlowChange } from '../flow.ts'

/** Who takes changes from a queue: a backend or an enricher. */
export interface ChangeConsumer {
  readonly wantsSamples?: boolean
  start(): Promise<void>
  handle(change: FlowChange): void | Promise<void>
  stop(): Promise<void>
}

export interface ChangeQueueSetup {
  consumer: ChangeConsumer
  /** How many changes may wait. */
  capacity: number
  account: StageAccount
  log: Logger
}

/** How long one turn may hand out changes before timers and sockets get theirs. */
const TURN_MS = 20

/** How often a failing consumer is reported. */
const REPORT_MS = 10_000

/**
 * Stands between the flow table and one consumer: a bounded queue and the loop that empties it, one change at a time. A
 * consumer that is slow, fails or hangs costs only its own changes, and each of those is counted by cause. Samples have
 * half of the queue, so that they never take the place of a start or an end.
 */
export class ChangeQueue {
  readonly #setup: ChangeQueueSetup
  readonly #queue: BoundedQueue<FlowChange>
  /** Set while the loop runs or is about to. */
  #running = false
  #stopped = false
  #reportedMs = Number.NEGATIVE_INFINITY
  #idle: (() => void)[] = []

  constructor(setup: ChangeQueueSetup) {
    this.#setup = setup
    this.#queue = new BoundedQueue(setup.capacity)
  }

  /** How many changes could be taken now. */
  get room(): number {
    return this.#queue.capacity - this.#queue.size
  }

  get capacity(): number {
    return this.#queue.capacity
  }

  /** Starts the consumer; changes offered before wait. */
  async start(): Promise<void> {
    await this.#setup.consumer.start()
  }

  /** Takes a change for the consumer, or counts it as dropped; a sample that it does not want is neither. */
  offer(change: FlowChange): void {
    const { account, consumer } = this.#setup
    const isSample = change.kind === 'sample'
    if (isSample && consumer.wantsSamples !== true) return
    account.received += 1
    if (this.#stopped) account.drop('stopped')
    else if (isSample && this.room <= this.capacity / 2) account.drop('sample')
    else if (!this.#queue.push(change)) {
      account.drop('full')
      this.#report(`its queue of ${this.#queue.capacity} is full`)
    } else if (!this.#running) {
      this.#running = true
      setImmediate(() => this.#turn())
    }
  }

  /** Resolves when the queue is empty and the last change is handled. */
  idle(): Promise<void> {
    if (!this.#running) return Promise.resolve()
    return new Promise(resolve => this.#idle.push(resolve))
  }

  /** Drops what still waits, and stops the consumer. Idempotent. */
  async stop(): Promise<void> {
    this.#stopped = true
    let left = 0
    while (this.#queue.shift() !== undefined) left += 1
    if (left > 0) this.#setup.account.drop('stopped', left)
    await this.#setup.consumer.stop()
  }

  #turn(): void {
    const { consumer, account } = this.#setup
    const end = performance.now() + TURN_MS
    for (let change = this.#queue.shift(); change !== undefined; change = this.#queue.shift()) {
      try {
        const handling = consumer.handle(change)
        if (handling !== undefined) {
          this.#await(handling)
          return
        }
        account.passed += 1
      } catch (error) {
        this.#failed(error)
      }
      if (performance.now() >= end) {
        setImmediate(() => this.#turn())
        return
      }
    }
    this.#running = false
    for (const resolve of this.#idle.splice(0)) resolve()
  }

  #await(handling: Promise<void>): void {
    handling.then(
      () => {
        this.#setup.account.passed += 1
        this.#turn()
      },
      (error: unknown) => {
        this.#failed(error)
        this.#turn()
      },
    )
  }

  #failed(error: unknown): void {
    this.#setup.account.drop('failed')
    this.#report(messageOf(error))
  }

  #report(reason: string): void {
    const now = performance.now()
    if (now - this.#reportedMs < REPORT_MS) return
    this.#reportedMs = now
    this.#setup.log.error({ reason, lost: this.#setup.account.dropped() }, 'a change of a flow was lost')
  }
}
