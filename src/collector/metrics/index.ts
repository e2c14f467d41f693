export { CollectorMetrics } from './collector-metrics.ts'
export { exportHttpCounts } from './http-counts.ts'
