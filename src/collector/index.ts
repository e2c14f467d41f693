export { checkCollector, usualCollectorFiles } from './check.ts'
export { CollectorConfiguration } from './configuration.ts'
export { examineCollector } from './doctor/index.ts'
export { runCollector } from './run.ts'
