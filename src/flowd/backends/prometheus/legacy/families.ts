import { labelText } from '../../../../common/index.ts'
import type { TcpInfo } from '../../../../linux/index.ts'
import type { TcpSample } from '../../../sample.ts'
import { oneLine, type ReadFamily } from '../read-family.ts'

/** flowd-go's gauges, with its names and units. */
export const LEGACY_FAMILIES: readonly ReadFamily<TcpSample>[] = [
  gauge('retrans', 'Segments sent again and not yet acknowledged.', info => info.retrans),
  gauge('rto', 'Retransmission timeout [us].', info => info.rtoUs),
  gauge('ato', 'Timeout of delayed acknowledgements [us].', info => info.atoUs),
  gauge('rtt', 'Smoothed round-trip time [us].', info => info.rttUs),
  gauge('rtt_var', 'Mean deviation of the round-trip time [us].', info => info.rttvarUs),
  gauge('minrtt', 'Least round-trip time lately [us].', info => info.minRttUs),
  gauge('pmtu', 'MTU of the path [bytes].', info => info.pmtu),
  gauge('mss', 'Largest segment that is sent [bytes].', info => info.sndMss),
  gauge('advmss', 'Largest segment that this host announces [bytes].', info => info.advmss),
  gauge('rcvmss', 'Largest segment that is received [bytes].', info => info.rcvMss),
  gauge('cwnd', 'Congestion window [segments].', info => info.sndCwnd),
  gauge('ssthresh', 'Slow start threshold [segments].', info => info.sndSsthresh),
  gauge('bytes_sent_total', 'Bytes sent, with those sent again [bytes].', info => info.bytesSent),
  gauge('bytes_acked_total', 'Bytes that the peer acknowledged [bytes].', info => info.bytesAcked),
  gauge('bytes_received_total', 'Bytes received [bytes].', info => info.bytesReceived),
  gauge('segs_out_total', 'Segments sent.', info => info.segsOut),
  gauge('segs_in_total', 'Segments received.', info => info.segsIn),
  gauge('data_segs_out_total', 'Segments with data sent.', info => info.dataSegsOut),
  gauge('data_segs_in_total', 'Segments with data received.', info => info.dataSegsIn),
  gauge('lastsnd', 'Since data was sent [ms].', info => info.lastDataSentMs),
  gauge('lastrcv', 'Since data was received [ms].', info => info.lastDataRecvMs),
  gauge('lastack', 'Since an acknowledgement was received [ms].', info => info.lastAckRecvMs),
  gauge('pacing_rate', 'Rate to which sending is held [bytes/s].', info => info.pacingRate),
  gauge('delivery_rate', 'Latest rate at which data arrived at the peer [bytes/s].', info => info.deliveryRate),
  gauge('delivered', 'Packets that arrived at the peer.', info => info.delivered),
  gauge('busy', 'Time with data to send [us].', info => info.busyTimeUs),
  gauge('rwnd_limited', "Time that the peer's window held up sending [us].", info => info.rwndLimitedUs),
  gauge('rcv_space', 'Space of the receive buffer for the application [bytes].', info => info.rcvSpace),
  gauge('rcv_ssthresh', 'Bound of the receive window [bytes].', info => info.rcvSsthresh),
  gauge('rcv_snd_wnd', 'Window that the peer grants [bytes].', info => info.sndWnd),
  {
    type: 'gauge',
    name: 'flow_tcp_rcv_ca_info',
    help: 'The algorithm of congestion control, as a label; always 1.',
    lines: [
      {
        label: ({ congestion }) => labelText(['alg'], [congestion ?? '']),
        value: ({ congestion }) => (congestion === undefined ? undefined : 1),
      },
    ],
  },
]

function gauge(name: string, help: string, value: (info: TcpInfo) => number | undefined): ReadFamily<TcpSample> {
  return oneLine('gauge', `flow_tcp_${name}`, help, ({ tcpInfo }) => value(tcpInfo))
}
