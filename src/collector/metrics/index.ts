export { CollectorMetrics } from './collector-metrics.ts'
