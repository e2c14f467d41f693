export { examineCollector } from './doctor.ts'
