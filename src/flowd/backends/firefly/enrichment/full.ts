import type { TcpSample } from '../../../sample.ts'
import { fieldsOf, isTold, type TcpField } from './integer.ts'
import { socketBlocks } from './socket-blocks.ts'
import { sorted } from './sorted.ts'

/** flowd-go's names. Times are microseconds, those since the last packet milliseconds; rates are bytes a second. */
const TCP_INFO: Readonly<Record<string, TcpField>> = sorted({
  state: 'state',
  caState: 'caState',
  retransmits: 'retransmits',
  probes: 'probes',
  backoff: 'backoff',
  options: 'options',
  sndWscale: 'sndWscale',
  rcvdWscale: 'rcvWscale',
  deliveryRateAppLimited: 'deliveryRateAppLimited',
  fastOpenClientFail: 'fastopenClientFail',
  rto: 'rtoUs',
  ato: 'atoUs',
  sndMss: 'sndMss',
  rcvMss: 'rcvMss',
  unAcked: 'unacked',
  sAcked: 'sacked',
  lost: 'lost',
  retrans: 'retrans',
  fAckets: 'fackets',
  lastDataSent: 'lastDataSentMs',
  lastAckSent: 'lastAckSentMs',
  lastDataRecv: 'lastDataRecvMs',
  lastAckRecv: 'lastAckRecvMs',
  pMtu: 'pmtu',
  rcvSsThresh: 'rcvSsthresh',
  rtt: 'rttUs',
  rttVar: 'rttvarUs',
  sndSsThresh: 'sndSsthresh',
  sndCwnd: 'sndCwnd',
  advMss: 'advmss',
  reordering: 'reordering',
  rcvRtt: 'rcvRttUs',
  rcvSpace: 'rcvSpace',
  totalRetrans: 'totalRetrans',
  pacingRate: 'pacingRate',
  maxPacingRate: 'maxPacingRate',
  bytesAcked: 'bytesAcked',
  bytesRecv: 'bytesReceived',
  segsOut: 'segsOut',
  segsIn: 'segsIn',
  notsentBytes: 'notsentBytes',
  minRtt: 'minRttUs',
  dataSegsIn: 'dataSegsIn',
  dataSegsOut: 'dataSegsOut',
  deliveryRate: 'deliveryRate',
  busyTime: 'busyTimeUs',
  rwndLimited: 'rwndLimitedUs',
  sndBufLimited: 'sndbufLimitedUs',
  delivered: 'delivered',
  deliveredCe: 'deliveredCe',
  bytesSent: 'bytesSent',
  bytesRetrans: 'bytesRetrans',
  dsAckDups: 'dsackDups',
  reordSeen: 'reordSeen',
  rcvOooPack: 'rcvOoopack',
  sndWnd: 'sndWnd',
})

/** Every figure of `tcp_info` that flowd-go knows, and the blocks of the socket that the kernel sent. */
export function full({ congestion, tcpInfo, socket }: TcpSample): object {
  return sorted({
    ...(congestion === undefined ? {} : { cong: { algorithm: congestion } }),
    tcpInfo: isTold(tcpInfo) ? fieldsOf(tcpInfo, TCP_INFO) : null,
    ...(socket === undefined ? {} : socketBlocks(socket)),
  })
}
