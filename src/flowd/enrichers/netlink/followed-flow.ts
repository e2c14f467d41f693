import type { PreparedLookup, SocketRecord } from '../../../linux/index.ts'

/** A flow whose socket is read again and again. */
export interface FollowedFlow {
  readonly key: string
  readonly lookup: PreparedLookup
  /** What was read last; undefined while no socket was found. */
  last: SocketRecord | undefined
  /** Whether its socket was found before and is no more. */
  isMissed: boolean
  /** Whether the flow has ended, perhaps while a round is going on. */
  hasEnded: boolean
}

/** Is told what there is at a flow's 5-tuple now: a socket, or none. */
export type OnFound = (flow: FollowedFlow, socket: SocketRecord | undefined) => void
