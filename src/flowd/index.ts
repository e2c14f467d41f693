export type { Backend, Plugin } from './components.ts'
export type { FlowEvent, FlowState, Usage } from './event.ts'
export type { EndReason, Flow, FlowChange } from './flow.ts'
export type { UnitContext, UnitDefinition } from './unit.ts'
