import type { FiveTuple } from '../../scitags/index.ts'
import type { Usage } from '../event.ts'

/** What the kernel says of a flow's socket; `unknown` when it cannot be asked. */
export type SocketVerdict = 'alive' | 'gone' | 'unknown'

/** Looks for the socket that has exactly this 5-tuple on this host. Costs microseconds; never throws. */
export type SocketProbe = (flow: FiveTuple) => SocketVerdict

/** For hosts and tests that cannot ask. */
export const noSocketProbe: SocketProbe = () => 'unknown'

/** What a socket has moved in all. */
export interface SocketReading {
  /** Names the socket among all that have or had its 5-tuple. */
  cookie: string
  usage: Usage
}

/** Reads a flow's TCP socket; undefined when it is not there, or past. Costs microseconds; never throws. */
export type ReadSocket = (flow: FiveTuple) => SocketReading | undefined

/** For hosts and tests that cannot read. */
export const noSocketReading: ReadSocket = () => undefined
