import type { SocketProtocol, SocketRecord } from '../../linux/index.ts'

/** What is known of a socket that is no more. */
export type DeadSocket = Pick<SocketRecord, 'local' | 'remote' | 'cookie' | 'tcpInfo'>

/** Is told of every socket of the host that dies, also of those that are no flow's. */
export interface DeathFollower {
  /** The socket is valid during the call only. */
  onDeath(protocol: SocketProtocol, socket: DeadSocket): void
  /** So many deaths were not heard; 0 when nobody knows how many. */
  onMissed(count: number): void
}

/** Begins to tell a follower, and returns what ends it. Where the kernel does not tell, nothing is told. */
export type FollowDeaths = (follower: DeathFollower) => () => void

/** For hosts and tests that cannot tell. */
export const noSocketDeaths: FollowDeaths = () => () => undefined
