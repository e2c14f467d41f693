export { ControlClient } from './control-client.ts'
export type { FlowView, ReloadResult, SendResult } from './control-port.ts'
export type { RunOptions } from './run.ts'
export { runFlowd } from './run.ts'
