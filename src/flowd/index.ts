export type { AddressSample } from './addresses/index.ts'
export { sampleAddresses } from './addresses/index.ts'
export { BACKENDS } from './backends/index.ts'
export type { Backend, Plugin } from './components.ts'
export type { FlowdConfiguration, FlowdFileChoice, LoadedFlowdConfiguration } from './configuration.ts'
export {
  effectiveFlowdValues,
  FLOWD_CONFIGURATION,
  loadFlowdConfiguration,
  loadFlowdConfigurationOrDefaults,
} from './configuration.ts'
export type { FlowView, ReloadResult, RunOptions, SendResult } from './daemon/index.ts'
export { ControlClient, runFlowd } from './daemon/index.ts'
export type { FlowEvent, FlowState, Usage } from './event.ts'
export type { ReadEvent } from './events/index.ts'
export { EVENT_LINE_GRAMMAR, eventLineError, readEventLine } from './events/index.ts'
export type { EndReason, Flow, FlowChange } from './flow.ts'
export type { FlowTableOptions, KernelSockets, SocketProbe } from './flow-table/index.ts'
export { FLOW_TABLE_OPTIONS, noSocketProbe, openKernelSockets } from './flow-table/index.ts'
export { toFlowdGoShape } from './flowd-go-shape.ts'
export type { HealthView } from './health.ts'
export { Journal } from './journal/index.ts'
export type { PipelineSetup } from './pipeline/index.ts'
export { Pipeline } from './pipeline/index.ts'
export { PLUGINS } from './plugins/index.ts'
export type { FlowsView, RegistrySource, UnitContext, UnitDefinition } from './unit.ts'
