import { type Family, Histogram, sampleLine } from '../../common/index.ts'
import type { Traffic } from './traffic-labels.ts'

/** Upper bounds of the latency histogram in seconds: those of Skupper's network-observer. */
const LATENCY_BOUNDS_S = [0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5]

/** The traffic of all connections with the same labels. Plain counts: connections touch them at each change. */
export class TrafficSeries {
  readonly labels: string
  readonly traffic: Traffic
  opened = 0
  closed = 0
  sentBytes = 0
  receivedBytes = 0
  /** Connections that still count here. */
  live = 0
  lastUsedMs = 0
  readonly latency = new Histogram(LATENCY_BOUNDS_S)

  /** @param labels as they stand between the braces */
  constructor(labels: string, traffic: Traffic) {
    this.labels = labels
    this.traffic = traffic
  }
}

interface TrafficFamily extends Family {
  lines(series: TrafficSeries): string
}

const LATENCY = 'skupper_internal_latency_seconds'

/** The families that every traffic series has a part in. */
export const TRAFFIC_FAMILIES: readonly TrafficFamily[] = [
  counter('skupper_connections_opened_total', 'Connections opened through the network.', series => series.opened),
  counter('skupper_connections_closed_total', 'Connections closed.', series => series.closed),
  counter('skupper_sent_bytes_total', 'Bytes sent from clients to servers.', series => series.sentBytes),
  counter('skupper_received_bytes_total', 'Bytes that clients received from servers.', series => series.receivedBytes),
  {
    name: LATENCY,
    help: 'Latency that the network adds: to the first byte of the answer, as the client saw it less as the server saw it.',
    type: 'histogram',
    lines: ({ latency, labels }) => (latency.count > 0 ? latency.lines(LATENCY, labels) : ''),
  },
]

function counter(name: string, help: string, value: (series: TrafficSeries) => number): TrafficFamily {
  return { name, help, type: 'counter', lines: series => sampleLine(name, series.labels, value(series)) }
}
