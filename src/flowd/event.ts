import type { FiveTuple, TimestampUs } from '../scitags/index.ts'

export type FlowState = 'start' | 'ongoing' | 'end'

/** Bytes that a flow has moved, as seen from this host. */
export interface Usage {
  receivedBytes: number
  sentBytes: number
}

/** What else a firefly tells of a flow, as it came: objects by name (`netlink`, `storage-stats`). */
export type ForeignBlocks = Readonly<Record<string, unknown>>

/** Another host that told of a flow by firefly. */
export interface Teller {
  address: string
  /** Whether this host is an end of the flow, so that its other end is told nothing new by this host. */
  atEnd: boolean
}

/** What a plugin learned: validated, but not yet compared with what the flow table knows. */
export interface FlowEvent {
  state: FlowState
  flow: FiveTuple
  /** 0-1023; 512 and above cannot be marked, only announced. */
  experiment: number
  /** 0-63 */
  activity: number
  /** The program that moves the data, if it said so. */
  application?: string
  startTimeUs?: TimestampUs
  endTimeUs?: TimestampUs
  usage?: Usage
  blocks?: ForeignBlocks
  /** Who told of it, if that was another host. */
  toldBy?: Teller
  /**
   * The `flowKey` whose entropy the label is to have, where packets are marked before the flow is known; else its own.
   */
  entropyKey?: string
  /** Who told of it also tells its end, and knows more then: that end is waited for when the socket has died. */
  awaitEnd?: boolean
  /** The plugin's name, for logs and metrics. */
  origin: string
}
