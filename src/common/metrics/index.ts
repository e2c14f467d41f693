export type { Labels } from './capped.ts'
export type { CounterMetric, CounterSeries, GaugeMetric, GaugeSeries, MetricsOptions } from './metrics.ts'
export { Metrics } from './metrics.ts'
export { StageAccount } from './stage.ts'
