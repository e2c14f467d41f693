import type { TcpSample } from '../../../sample.ts'
import { fieldsOf, isTold, type TcpField } from './integer.ts'

/** flowd-go's names; the first has its capital there, too. Times are microseconds, rates bytes a second. */
const TCP_INFO: Readonly<Record<string, TcpField>> = {
  Retransmits: 'retransmits',
  advMss: 'advmss',
  bytesSent: 'bytesSent',
  deliveryRate: 'deliveryRate',
  minRtt: 'minRttUs',
  pMtu: 'pmtu',
  rtt: 'rttUs',
  rttVar: 'rttvarUs',
  sndCwnd: 'sndCwnd',
  sndMss: 'sndMss',
  sndSsThresh: 'sndSsthresh',
}

/** The congestion algorithm and the eleven figures that say most; a firefly with them fits into one packet. */
export function lean({ congestion, tcpInfo }: TcpSample): object {
  return {
    ...(congestion === undefined ? {} : { cong: { algorithm: congestion } }),
    tcpInfo: isTold(tcpInfo) ? fieldsOf(tcpInfo, TCP_INFO) : null,
  }
}
