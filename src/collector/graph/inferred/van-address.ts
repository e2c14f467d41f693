import { InferredRecord } from './inferred-record.ts'

/** A service address that listeners and connectors share: the VAN_ADDRESS record. */
export class VanAddress extends InferredRecord {
  readonly recordType = 'VAN_ADDRESS'
  readonly name: string
  /** Its number in the rows that belong to it. */
  readonly index: number
  /** Rows of its listeners and connectors, ended ones included. */
  readonly bindings = new Set<number>()
  /** Listeners and connectors that live. */
  listenerCount = 0
  connectorCount = 0
  /** FLOW records that ever belonged to it (a BIFLOW stands for two), and those that live. */
  totalFlows = 0
  currentFlows = 0
  /** FLOW records that belong to it and are retained. */
  retainedFlows = 0

  constructor(number: number, name: string, index: number) {
    super(number)
    this.name = name
    this.index = index
  }

  get attributes(): Record<string, string | number> {
    const { name, listenerCount, connectorCount, totalFlows, currentFlows } = this
    return { name, listenerCount, connectorCount, totalFlows, currentFlows }
  }
}
