export type { CounterMetric, CounterSeries, GaugeMetric } from './metrics.ts'
export { Metrics } from './metrics.ts'
export { StageAccount } from './stage.ts'
