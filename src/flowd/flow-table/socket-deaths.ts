import type { SocketProtocol, SocketRecord } from '../../linux/index.ts'

/** Is told of every socket of the host that dies, also of those that are no flow's. */
export interface DeathFollower {
  /** The record is valid during the call only, and holds no optional part but `tcpInfo`. */
  onDeath(protocol: SocketProtocol, socket: SocketRecord): void
  /** So many deaths were not heard; 0 when nobody knows how many. */
  onMissed(count: number): void
}

/** Begins to tell a follower, and returns what ends it. Where the kernel does not tell, nothing is told. */
export type FollowDeaths = (follower: DeathFollower) => () => void

/** For hosts and tests that cannot tell. */
export const noSocketDeaths: FollowDeaths = () => () => undefined
