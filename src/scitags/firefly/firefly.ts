import type { FiveTuple } from '../five-tuple.ts'
import type { TimestampUs } from '../timestamp.ts'

export type FireflyState = 'start' | 'ongoing' | 'end'

/** Bytes that the flow has moved, as its source sees it. */
export interface FireflyUsage {
  receivedBytes?: number
  sentBytes?: number
}

/** One message about one flow (firefly schema 1.0.0). */
export interface Firefly {
  state: FireflyState
  flow: FiveTuple
  experiment: number
  activity: number
  /** The program that moves the data. */
  application?: string
  /** When the message was sent. */
  currentTimeUs?: TimestampUs
  /** Absent only in messages of senders that do not know it. */
  startTimeUs?: TimestampUs
  endTimeUs?: TimestampUs
  usage?: FireflyUsage
  /**
   * Top-level blocks that the schema leaves open, as they are: `netlink`, `skOps`, `storage-stats`; integers beyond
   * 2^53 as `exactInteger`.
   */
  blocks?: Readonly<Record<string, unknown>>
}
