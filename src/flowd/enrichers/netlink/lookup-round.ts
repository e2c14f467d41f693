import { SocketLookups } from '../../../linux/index.ts'
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
  #next = 0

  constructor(flows: readonly FollowedFlow[], lookups: SocketLookups, cost: Cost, onFound: OnFound) {
    this.#flows = flows
    this.#lookups = lookups
    this.#cost = cost
    this.#onFound = onFound
    this.steps = Math.ceil(flows.length / SocketLookups.CAPACITY)
  }

  step(): boolean {
    const batch = this.#flows.slice(this.#next, this.#next + SocketLookups.CAPACITY)
    this.#next += batch.length
    if (batch.length === 0) return false
    this.#cost.measure(() => {
      const found = this.#lookups.find(batch.map(flow => flow.lookup))
      for (const [index, flow] of batch.entries()) this.#onFound(flow, found[index])
      return batch.length
    })
    return true
  }
}
