export { checkCollector } from './check.ts'
export { CollectorConfiguration } from './configuration.ts'
export { runCollector } from './run.ts'
