import type { FiveTuple } from '../../scitags/index.ts'

/** What the kernel says of a flow's socket; `unknown` when it cannot be asked. */
export type SocketVerdict = 'alive' | 'gone' | 'unknown'

/** Looks for the socket that has exactly this 5-tuple on this host. Costs microseconds; never throws. */
export type SocketProbe = (flow: FiveTuple) => SocketVerdict

/** For hosts and tests that cannot ask. */
export const noSocketProbe: SocketProbe = () => 'unknown'
