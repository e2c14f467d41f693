import type { FlowName } from './plan.ts'
import type { Tally } from './tally.ts'

/** What the receiving host saw. */
export interface Observation {
  tallies: Record<FlowName, Tally>
  captured: number
  /** Packets that the kernel dropped before they were counted: must be 0 for the count to prove anything. */
  dropped: number
  /** The datagrams that came to the port of fireflies, as text. */
  fireflies: string[]
}

/** Segments that the sender sent again, by transfer: the kernel sends those without ECN. */
export type Retransmissions = Record<FlowName, number>
