import type { Service } from '../common/index.ts'
import type { Graph } from './graph/index.ts'
import type { Clock } from './ingest/index.ts'

/** How often ended records are looked through for those that are due, and how many are evicted in one go. */
const EXPIRE_MS = 1000
const EXPIRE_MOST = 20_000

/** Lets ended records expire, a bounded number at a time. */
export class Expiry implements Service {
  readonly #graph: Graph
  readonly #clock: Clock
  #cancel: (() => void) | undefined

  constructor(graph: Graph, clock: Clock) {
    this.#graph = graph
    this.#clock = clock
  }

  async start(): Promise<void> {
    this.#schedule(EXPIRE_MS)
  }

  async stop(): Promise<void> {
    this.#cancel?.()
    this.#cancel = undefined
  }

  #schedule(delayMs: number): void {
    this.#cancel = this.#clock.after(delayMs, () => {
      const isMoreDue = this.#graph.expire(this.#clock.nowUs(), EXPIRE_MOST)
      this.#schedule(isMoreDue ? 0 : EXPIRE_MS)
    })
  }
}
