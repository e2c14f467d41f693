import type { TcpInfo } from '../../../../linux/index.ts'
import type { TcpSample } from '../../../sample.ts'
import { integerOf, isTold, type TcpField } from './integer.ts'

/** TCP states by their number, in the words of `ss`. */
const STATES = [
  'INVALID',
  'established',
  'syn-sent',
  'syn-recv',
  'fin-wait-1',
  'fin-wait-2',
  'time-wait',
  'unconnected',
  'close-wait',
  'last-ack',
  'listening',
  'closing',
] as const

/** Bits of `tcpi_options` (linux/tcp.h) and the words for them. */
const OPTIONS = [
  [1, 'ts'],
  [2, 'sack'],
  [8, 'ecn'],
] as const

/** A connection that has not measured anything yet has these. */
const RTO_UNMEASURED_US = 3_000_000
const SSTHRESH_UNLIMITED = 65_535

const US_PER_MS = 1000

type Field = TcpField | ((info: TcpInfo) => unknown)

const inMs =
  (field: 'atoUs' | 'rttUs' | 'rttvarUs' | 'rcvRttUs'): Field =>
  info =>
    Math.trunc((info[field] ?? 0) / US_PER_MS)

/** flowd's names in its order. Milliseconds where it divides, else as the kernel has them. */
const FIELDS: Readonly<Record<string, Field>> = {
  state: ({ state = 0 }) => STATES[state] ?? 'invalid',
  pmtu: 'pmtu',
  retrans: 'retrans',
  ato: inMs('atoUs'),
  rto: ({ rtoUs = 0 }) => (rtoUs === RTO_UNMEASURED_US ? 0 : Math.trunc(rtoUs / US_PER_MS)),
  snd_wscale: 'sndWscale',
  rcv_wscale: 'rcvWscale',
  snd_mss: 'sndMss',
  snd_cwnd: 'sndCwnd',
  snd_ssthresh: ({ sndSsthresh = 0 }) => (sndSsthresh >= SSTHRESH_UNLIMITED ? 0 : sndSsthresh),
  rtt: inMs('rttUs'),
  rttvar: inMs('rttvarUs'),
  rcv_rtt: inMs('rcvRttUs'),
  rcv_space: 'rcvSpace',
  opts: ({ options = 0 }) => OPTIONS.filter(([bit]) => (options & bit) !== 0).map(([, word]) => word),
  last_data_sent: 'lastDataSentMs',
  rcv_ssthresh: 'rcvSsthresh',
  segs_in: 'segsIn',
  segs_out: 'segsOut',
  data_segs_in: 'dataSegsIn',
  data_segs_out: 'dataSegsOut',
  lost: 'lost',
  notsent_bytes: 'notsentBytes',
  rcv_mss: 'rcvMss',
  pacing_rate: 'pacingRate',
  retransmits: 'retransmits',
  min_rtt: 'minRttUs',
  rwnd_limited: 'rwndLimitedUs',
  max_pacing_rate: 'maxPacingRate',
  probes: 'probes',
  reordering: 'reordering',
  last_data_recv: 'lastDataRecvMs',
  bytes_received: 'bytesReceived',
  fackets: 'fackets',
  last_ack_recv: 'lastAckRecvMs',
  last_ack_sent: 'lastAckSentMs',
  unacked: 'unacked',
  sacked: 'sacked',
  bytes_acked: 'bytesAcked',
  delivery_rate_app_limited: 'deliveryRateAppLimited',
  delivery_rate: 'deliveryRate',
  sndbuf_limited: 'sndbufLimitedUs',
  ca_state: 'caState',
  busy_time: 'busyTimeUs',
  total_retrans: 'totalRetrans',
  advmss: 'advmss',
  backoff: 'backoff',
}

/** One flat block with the names of the Python flowd; empty when the kernel told nothing of TCP. */
export function compatible({ tcpInfo }: TcpSample): object {
  if (!isTold(tcpInfo)) return {}
  return Object.fromEntries(
    Object.entries(FIELDS).map(([name, field]) => [
      name,
      typeof field === 'function' ? field(tcpInfo) : integerOf(tcpInfo, field),
    ]),
  )
}
