import type { Family } from '../../../../common/index.ts'
import { bothWays, oneLine, type ReadFamily } from '../read-family.ts'
import type { Activity } from './activity.ts'

const PREFIX = 'tidemark_activity'

export const ACTIVITY_FAMILIES: readonly ReadFamily<Activity>[] = [
  oneLine('gauge', `${PREFIX}_flows`, 'Flows that are live now.', ({ live }) => live),
  oneLine('counter', `${PREFIX}_flows_started_total`, 'Flows that became known.', ({ started }) => started),
  bothWays(
    `${PREFIX}_bytes_total`,
    'Bytes that flows moved, without those sent again.',
    ({ counts }) => counts.sentBytes,
    ({ counts }) => counts.receivedBytes,
  ),
  bothWays(
    `${PREFIX}_segments_total`,
    'TCP segments of flows, with those sent again.',
    ({ counts }) => counts.sentSegments,
    ({ counts }) => counts.receivedSegments,
  ),
  oneLine(
    'counter',
    `${PREFIX}_retransmitted_bytes_total`,
    'Bytes that flows sent again.',
    ({ counts }) => counts.retransmittedBytes,
  ),
  oneLine(
    'counter',
    `${PREFIX}_retransmitted_segments_total`,
    'TCP segments that flows sent again.',
    ({ counts }) => counts.retransmittedSegments,
  ),
]

export const RTT: Family = {
  type: 'histogram',
  name: `${PREFIX}_rtt_seconds`,
  help: 'Smoothed round-trip time of flows, at each of their samples.',
}
