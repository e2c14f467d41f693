export type { PipelineSetup } from './pipeline.ts'
export { Pipeline } from './pipeline.ts'
