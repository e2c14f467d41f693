export { checkCollector } from './check.ts'
export { CollectorConfiguration } from './configuration.ts'
export type { Notifier, RunOptions } from './run.ts'
export { runCollector } from './run.ts'
