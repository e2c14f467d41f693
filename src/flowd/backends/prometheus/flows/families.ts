import { labelText } from '../../../../common/index.ts'
import type { TcpInfo } from '../../../../linux/index.ts'
import type { Counts } from '../flow-counter.ts'
import { bothWays, oneLine, type ReadFamily } from '../read-family.ts'
import type { ShownFlow } from './shown-flow.ts'

const PREFIX = 'tidemark_flow'

/** What each flow shows, in the base units of Prometheus. */
export const FLOW_FAMILIES: readonly ReadFamily<ShownFlow>[] = [
  oneLine('gauge', `${PREFIX}_start_time_seconds`, 'When the flow began, since the epoch.', ({ flow }) => {
    return flow.startTimeUs / 1e6
  }),
  bothWays(
    `${PREFIX}_bytes_total`,
    'Bytes moved, without those sent again.',
    counted('sentBytes'),
    counted('receivedBytes'),
  ),
  bothWays(
    `${PREFIX}_segments_total`,
    'TCP segments, with those sent again.',
    sampled(counted('sentSegments')),
    sampled(counted('receivedSegments')),
  ),
  sampledCounter('retransmitted_bytes_total', 'Bytes sent again.', counted('retransmittedBytes')),
  sampledCounter('retransmitted_segments_total', 'TCP segments sent again.', counted('retransmittedSegments')),
  seconds('rtt_seconds', 'Smoothed round-trip time.', 'rttUs'),
  seconds('rtt_variation_seconds', 'Mean deviation of the round-trip time.', 'rttvarUs'),
  seconds('rtt_minimum_seconds', 'Least round-trip time lately.', 'minRttUs'),
  seconds('retransmission_timeout_seconds', 'After how long without acknowledgement data is sent again.', 'rtoUs'),
  gauge('delivery_rate_bytes_per_second', 'Latest rate at which data arrived at the peer.', 'deliveryRate'),
  gauge('pacing_rate_bytes_per_second', 'Rate to which sending is held.', 'pacingRate'),
  gauge('congestion_window_segments', 'Segments that may be on their way.', 'sndCwnd'),
  gauge('slow_start_threshold_segments', 'Window at which slow start ends.', 'sndSsthresh'),
  gauge('unacknowledged_segments', 'Segments on their way.', 'unacked'),
  gauge('send_window_bytes', 'Window that the peer grants.', 'sndWnd'),
  gauge('receive_window_bytes', 'Window that this host grants.', 'rcvWnd'),
  gauge('unsent_bytes', 'Bytes that wait to be sent.', 'notsentBytes'),
  gauge('path_mtu_bytes', 'MTU of the path.', 'pmtu'),
  gauge('send_mss_bytes', 'Largest segment that is sent.', 'sndMss'),
  gauge('receive_mss_bytes', 'Largest segment that is received.', 'rcvMss'),
  secondsCounter('busy_seconds_total', 'Time with data to send.', 'busyTimeUs'),
  secondsCounter('receiver_limited_seconds_total', "Time that the peer's window held up sending.", 'rwndLimitedUs'),
  secondsCounter('sender_limited_seconds_total', 'Time that the send buffer held up sending.', 'sndbufLimitedUs'),
  {
    type: 'gauge',
    name: `${PREFIX}_congestion_info`,
    help: 'The algorithm of congestion control, as a label; always 1.',
    lines: [
      {
        label: ({ sample }) => labelText(['algorithm'], [sample?.congestion ?? '']),
        value: ({ sample }) => (sample?.congestion === undefined ? undefined : 1),
      },
    ],
  },
]

/** Kernel's fields that are numbers. */
type Field = { [Name in keyof TcpInfo]: TcpInfo[Name] extends number | undefined ? Name : never }[keyof TcpInfo]
type Value = (shown: ShownFlow) => number | undefined

function counted(count: keyof Counts): (shown: ShownFlow) => number {
  return ({ counter }) => counter.totals[count]
}

/** What only a sample tells: without one it is not 0 but unknown. */
function sampled(value: Value): Value {
  return shown => (shown.sample === undefined ? undefined : value(shown))
}

function sampledCounter(name: string, help: string, value: Value): ReadFamily<ShownFlow> {
  return oneLine('counter', `${PREFIX}_${name}`, help, sampled(value))
}

function gauge(name: string, help: string, field: Field): ReadFamily<ShownFlow> {
  return oneLine('gauge', `${PREFIX}_${name}`, help, ({ sample }) => sample?.tcpInfo[field])
}

function seconds(name: string, help: string, field: Field): ReadFamily<ShownFlow> {
  return oneLine('gauge', `${PREFIX}_${name}`, help, inSeconds(field))
}

function secondsCounter(name: string, help: string, field: Field): ReadFamily<ShownFlow> {
  return oneLine('counter', `${PREFIX}_${name}`, help, inSeconds(field))
}

/** From a field in microseconds. */
function inSeconds(field: Field): Value {
  return ({ sample }) => {
    const us = sample?.tcpInfo[field]
    return us === undefined ? undefined : us / 1e6
  }
}
