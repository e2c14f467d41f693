export { ControlClient } from './control-client.ts'
export type { FlowView } from './control-port.ts'
export { runFlowd } from './run.ts'
export type { ActivityView, StageView, StatusView } from './status-view.ts'
