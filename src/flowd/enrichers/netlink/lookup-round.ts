import { type PreparedLookup, SocketLookups } from '../../../linux/index.ts'
import type { Cost } from './cost.ts'
import type { FollowedFlow, OnFound } from './followed-flow.ts'

/** One reading of flows, done in short steps. */
export interface Round {
  /** How many steps it will take, or has taken when that is more. */
  readonly steps: number
  /** Does the next step; false when there was none left. */
  step(): boolean
}

/** Looks each flow up by its 5-tuple, a batch a step. */
export class LookupRound implements Round {
  readonly steps: number
  readonly #flows: readonly FollowedFlow[]
  readonly #lookups: SocketLookups
  readonly #cost: Cost
  readonly #onFound: OnFound
  readonly #batch: PreparedLookup[] = []
  #next = 0

  constructor(flows: readonly FollowedFlow[], lookups: SocketLookups, cost: Cost, onFound: OnFound) {
    this.#flows = flows
    this.#lookups = lookups
    this.#cost = cost
    this.#onFound = onFound
    this.steps = Math.ceil(flows.length / SocketLookups.CAPACITY)
  }

  step(): boolean {
    if (this.#next >= this.#flows.length) return false
    this.#cost.measure(() => this.#lookUpBatch())
    return true
  }

  /** Returns how many flows that were. */
  #lookUpBatch(): number {
    const start = this.#next
    this.#next = Math.min(start + SocketLookups.CAPACITY, this.#flows.length)
    this.#batch.length = 0
    for (let index = start; index < this.#next; index += 1) {
      const flow = this.#flows[index]
      if (flow !== undefined) this.#batch.push(flow.lookup)
    }
    const found = this.#lookups.find(this.#batch)
    for (let index = start; index < this.#next; index += 1) {
      const flow = this.#flows[index]
      if (flow !== undefined) this.#onFound(flow, found[index - start])
    }
    return this.#batch.length
  }
}
