import type { GateCounts, Metrics } from '../../common/index.ts'

/** Exports what the HTTP server has seen as `tidemark_collector_http_…`; read when scraped. */
export function exportHttpCounts(metrics: Metrics, read: () => Readonly<GateCounts>): void {
  const prefix = 'tidemark_collector_http'
  metrics.gaugeOf(`${prefix}_connections`, 'Connections of HTTP clients that are open.', () => read().connections)
  metrics.counterOf(
    `${prefix}_connections_refused_total`,
    'Connections that were closed at once, because there were as many as may be.',
    () => read().turnedAway,
  )
  metrics.counterOf(
    `${prefix}_requests_unauthorized_total`,
    'Requests that were refused for want of accepted credentials.',
    () => read().unauthorized,
  )
}
