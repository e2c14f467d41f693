import { type SocketRecord, stateMask, type TcpInfo } from '../linux/index.ts'
import type { TimestampUs } from '../scitags/index.ts'
import type { Usage } from './event.ts'

/** What an enricher read of a flow's TCP socket at one moment. */
export interface TcpSample {
  /** The enricher's name, as `netlink`. */
  readonly source: string
  readonly takenUs: TimestampUs
  readonly tcpInfo: TcpInfo
  /** Congestion control algorithm, as `cubic`. */
  readonly congestion: string | undefined
  /** All that sock_diag told of the socket, from the enricher that asks it. */
  readonly socket: SocketRecord | undefined
}

/** What an enricher reports of a flow: its statistics, the death of its socket, or both at once. */
export interface SampleReport {
  /** `flowKey` of the flow. */
  key: string
  sample: TcpSample | undefined
  /** The socket is gone: the flow ends, unless the table is told not to look at sockets. */
  gone: boolean
}

/**
 * States in which the peer has ended its stream (FIN), which the kernel counts as one more byte received. CLOSE may also
 * come of a reset, which is no byte.
 */
const STREAM_ENDED = stateMask(['CLOSE_WAIT', 'LAST_ACK', 'CLOSING', 'TIME_WAIT', 'CLOSE'])

/**
 * What the application moved: bytes that were sent again count once. Kernels before 4.19 tell only what was
 * acknowledged.
 */
export function usageOf({
  state = 0,
  bytesSent,
  bytesRetrans = 0,
  bytesAcked,
  bytesReceived,
}: TcpInfo): Usage | undefined {
  const sentBytes = bytesSent === undefined ? bytesAcked : bytesSent - bytesRetrans
  if (sentBytes === undefined || bytesReceived === undefined) return undefined
  return { sentBytes, receivedBytes: Math.max(0, bytesReceived - ((STREAM_ENDED >>> state) & 1)) }
}
