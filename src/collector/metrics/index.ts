export type { CollectorMetricsContext } from './collector-metrics.ts'
export { CollectorMetrics } from './collector-metrics.ts'
export type { TrafficOptions } from './traffic.ts'
export { TRAFFIC_DEFAULTS } from './traffic.ts'
