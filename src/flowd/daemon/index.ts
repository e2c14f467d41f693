export { ControlClient } from './control-client.ts'
export type { FlowView, HealthView, ReloadResult, SendResult } from './control-port.ts'
export type { RunOptions } from './run.ts'
export { runFlowd } from './run.ts'
