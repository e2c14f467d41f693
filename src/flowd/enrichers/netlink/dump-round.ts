import type { SocketQuery, SocketRecord, SocketTable } from '../../../linux/index.ts'
import type { Cost } from './cost.ts'
import type { FollowedFlow, OnFound } from './followed-flow.ts'
import type { Round } from './lookup-round.ts'

/** How long one step reads on. */
const STEP_MS = 2

/**
 * Reads the kernel's whole table and picks the flows out by their 5-tuple. Sockets come and go while the table is read,
 * and a UDP socket need not name its peer: flows that were not met are looked up afterwards.
 */
export class DumpRound implements Round {
  readonly #sockets: Iterator<SocketRecord>
  readonly #cost: Cost
  readonly #onFound: OnFound
  readonly #lookUp: (flows: readonly FollowedFlow[]) => Round
  /** Flows that were not met yet, by their ports. */
  readonly #unmet = new Map<number, FollowedFlow[]>()
  #rest: Round | undefined
  #stepsLeft: number
  #stepsDone = 0

  /**
   * @param expected how many sockets there are, about
   * @param lookUp makes the round for flows that were not met
   */
  constructor(
    setup: { table: SocketTable; queries: readonly SocketQuery[]; expected: number; cost: Cost; onFound: OnFound },
    flows: readonly FollowedFlow[],
    lookUp: (flows: readonly FollowedFlow[]) => Round,
  ) {
    this.#sockets = everySocket(setup.table, setup.queries)
    this.#cost = setup.cost
    this.#onFound = setup.onFound
    this.#lookUp = lookUp
    this.#stepsLeft = Math.ceil((setup.expected * setup.cost.us) / 1000 / STEP_MS)
    for (const flow of flows) {
      const alike = this.#unmet.get(flow.lookup.ports)
      if (alike === undefined) this.#unmet.set(flow.lookup.ports, [flow])
      else alike.push(flow)
    }
  }

  get steps(): number {
    return this.#stepsDone + Math.max(0, this.#stepsLeft) + (this.#rest?.steps ?? 0)
  }

  step(): boolean {
    if (this.#rest !== undefined) return this.#rest.step()
    this.#stepsDone += 1
    this.#stepsLeft -= 1
    this.#cost.measure(() => this.#read(performance.now() + STEP_MS))
    return true
  }

  /** Reads until a time, and returns how many sockets that were. */
  #read(endMs: number): number {
    let read = 0
    do {
      const next = this.#sockets.next()
      if (next.done === true) {
        this.#stepsLeft = 0
        this.#rest = this.#lookUp([...this.#unmet.values()].flat())
        return read
      }
      read += 1
      this.#meet(next.value)
    } while (performance.now() < endMs)
    return read
  }

  #meet(socket: SocketRecord): void {
    const alike = this.#unmet.get(socket.ports)
    const index = alike?.findIndex(flow => socket.isOf(flow.lookup)) ?? -1
    const [flow] = index === -1 ? [] : (alike?.splice(index, 1) ?? [])
    if (flow !== undefined) this.#onFound(flow, socket)
  }
}

function* everySocket(table: SocketTable, queries: readonly SocketQuery[]): Generator<SocketRecord, void, void> {
  for (const query of queries) yield* table.dump(query)
}
