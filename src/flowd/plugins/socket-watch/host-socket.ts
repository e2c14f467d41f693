import { type SocketRecord, type SocketState, stateMask } from '../../../linux/index.ts'
import type { FiveTuple, Protocol } from '../../../scitags/index.ts'

/** A connected socket of this host. */
export interface HostSocket {
  /** No other socket has it until the machine restarts; ports and addresses are used again. */
  readonly cookie: string
  /** `source` is this host's end, whoever opened the connection. */
  readonly tuple: FiveTuple
  /** The user that made it. */
  readonly uid: number
  /** The inode of the cgroup that its maker was in; undefined where the kernel has none. */
  readonly cgroupId: bigint | undefined
}

/**
 * States in which a socket may still move data. What comes before (SYN_SENT) or after (TIME_WAIT) is no flow; a UDP
 * socket that is not connected does not say where its packets go.
 */
const LIVE_STATES: Readonly<Record<Protocol, readonly SocketState[]>> = {
  tcp: ['ESTABLISHED', 'FIN_WAIT1', 'FIN_WAIT2', 'CLOSE_WAIT', 'LAST_ACK', 'CLOSING'],
  udp: ['ESTABLISHED'],
}

/** Masks for dumps. */
export const LIVE_MASKS = { tcp: stateMask(LIVE_STATES.tcp), udp: stateMask(LIVE_STATES.udp) } as const

/** Whether a socket, as the kernel tells of it, may still move data. */
export function isLive(record: SocketRecord, protocol: Protocol): boolean {
  const { state } = record
  // Nobody holds it and all was sent: it only waits for the other side to close.
  if (state === 'FIN_WAIT2' && record.inode === 0) return false
  return LIVE_STATES[protocol].includes(state)
}

export function hostSocket(record: SocketRecord, protocol: Protocol): HostSocket {
  const { cookie, uid, cgroupId, family, local, remote } = record
  return { cookie, uid, cgroupId, tuple: { protocol, family, source: local, destination: remote } }
}
