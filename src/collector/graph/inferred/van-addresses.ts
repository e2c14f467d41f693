import { RECORD_TYPE } from '../../../vanflow/index.ts'
import { isFlowType } from '../record-kinds.ts'
import { STATE, WORD } from '../storage/layout.ts'
import type { RecordStore } from '../storage/record-store.ts'
import type { InferredRecords } from './inferred-records.ts'
import { VanAddress } from './van-address.ts'

/** The words of a flow's row that hold an address: its own side's, and for BIFLOWs the connector's side. */
const SIDES = [WORD.address, WORD.connectorAddress] as const

/**
 * The service addresses, and which records belong to each. A flow belongs to the address of its listener or
 * connector from the moment that both are known. What an address counts are such moments and ends, each once, so that
 * no order of arrival and no eviction can make a count wrong or negative.
 */
export class VanAddresses {
  readonly #store: RecordStore
  readonly #records: InferredRecords
  readonly #byName = new Map<string, VanAddress>()
  readonly #byIndex: (VanAddress | undefined)[] = [undefined]
  readonly #free: number[] = []
  readonly #tellUpdated: (row: number) => void

  /** @param tellUpdated called with the row of a flow that came to belong to an address without a delta of its own */
  constructor(store: RecordStore, records: InferredRecords, tellUpdated: (row: number) => void) {
    this.#store = store
    this.#records = records
    this.#tellUpdated = tellUpdated
  }

  byName(name: string): VanAddress | undefined {
    return this.#byName.get(name)
  }

  at(index: number): VanAddress | undefined {
    return this.#byIndex[index]
  }

  values(): Iterable<VanAddress> {
    return this.#byName.values()
  }

  /** A listener or connector has an address now, maybe another than before; flows that wait for it join. */
  bind(row: number, name: string): void {
    const { rows } = this.#store
    this.unbind(row)
    const address = this.#byName.get(name) ?? this.#create(name)
    rows.setWord(row, WORD.address, address.index)
    address.bindings.add(row)
    if (!rows.has(row, STATE.ended)) this.#countBinding(row, address, 1)
    this.joinDependents(row)
  }

  /** Lets the flows that hang on a record join the addresses that are known by now. */
  joinDependents(row: number): void {
    const { parents, targets } = this.#store
    for (const relation of [parents, targets]) {
      if (relation.hasAny(row)) for (const flow of relation.referring(row)) this.#joinLate(flow)
    }
  }

  /** A listener or connector is evicted, or changes its address. */
  unbind(row: number): void {
    const { rows } = this.#store
    const address = this.at(rows.word(row, WORD.address))
    if (address === undefined) return
    rows.setWord(row, WORD.address, 0)
    address.bindings.delete(row)
    if (!rows.has(row, STATE.ended)) this.#countBinding(row, address, -1)
    this.#removeIfUnused(address)
  }

  /** A listener or connector ended (-1), or lives after all (1). */
  bindingTurned(row: number, by: 1 | -1): void {
    const address = this.at(this.#store.rows.word(row, WORD.address))
    if (address !== undefined) this.#countBinding(row, address, by)
  }

  /**
   * Lets each side of a flow belong to the address that its listener or connector has now, if that is known, and its
   * requests with it. One that ended stays with the address that it had. Returns whether anything changed.
   */
  join(row: number): boolean {
    const { rows } = this.#store
    if (!isFlowType(rows.type(row)) || !rows.has(row, STATE.begun)) return false
    const lives = !rows.has(row, STATE.ended)
    let joined = false
    for (const side of SIDES) {
      const address = this.at(this.#addressOfSide(row, side))
      const former = this.at(rows.word(row, side))
      if (address === former || (former !== undefined && !lives)) continue
      rows.setWord(row, side, address?.index ?? 0)
      if (address !== undefined) this.#count(address, 1, lives)
      if (former !== undefined) this.#count(former, -1, lives)
      joined = true
    }
    if (joined) this.joinDependents(row)
    return joined
  }

  /** A flow ended (-1), or lives after all (1). */
  flowTurned(row: number, by: 1 | -1): void {
    for (const side of SIDES) {
      const address = this.at(this.#store.rows.word(row, side))
      if (address === undefined) continue
      address.currentFlows += by
      this.#records.updated(address)
    }
  }

  /** An ended flow is evicted: the addresses keep what they counted. */
  leave(row: number): void {
    for (const side of SIDES) {
      const address = this.at(this.#store.rows.word(row, side))
      if (address === undefined) continue
      address.retainedFlows -= 1
      this.#removeIfUnused(address)
    }
  }

  /** A flow joins an address (1), or proves to belong to another (-1). */
  #count(address: VanAddress, by: 1 | -1, lives: boolean): void {
    address.totalFlows += by
    address.retainedFlows += by
    if (lives) address.currentFlows += by
    this.#records.updated(address)
    this.#removeIfUnused(address)
  }

  #joinLate(row: number): void {
    if (this.join(row)) this.#tellUpdated(row)
  }

  /** The number of the address that a side of a flow belongs to, or 0. */
  #addressOfSide(row: number, side: (typeof SIDES)[number]): number {
    const { rows, parents, targets } = this.#store
    const type = rows.type(row)
    const parent = parents.of(row)
    if (side === WORD.address) return parent === 0 ? 0 : rows.word(parent, WORD.address)
    if (type === RECORD_TYPE.BIFLOW_APP) return parent === 0 ? 0 : rows.word(parent, WORD.connectorAddress)
    if (type !== RECORD_TYPE.BIFLOW_TPORT) return 0
    const connector = targets.of(row)
    return connector !== 0 && rows.type(connector) === RECORD_TYPE.CONNECTOR ? rows.word(connector, WORD.address) : 0
  }

  #countBinding(row: number, address: VanAddress, by: 1 | -1): void {
    if (this.#store.rows.type(row) === RECORD_TYPE.LISTENER) address.listenerCount += by
    else address.connectorCount += by
    this.#records.updated(address)
  }

  #create(name: string): VanAddress {
    const index = this.#free.pop() ?? this.#byIndex.length
    const address = this.#records.add(number => new VanAddress(number, name, index))
    this.#byIndex[index] = address
    this.#byName.set(name, address)
    return address
  }

  #removeIfUnused(address: VanAddress): void {
    if (address.bindings.size > 0 || address.retainedFlows > 0) return
    this.#byName.delete(address.name)
    this.#byIndex[address.index] = undefined
    this.#free.push(address.index)
    this.#records.remove(address)
  }
}
