export type { FlowdConfiguration, FlowdFileChoice, LoadedFlowdConfiguration } from './configuration.ts'
export {
  defaultFlowdConfiguration,
  effectiveFlowdValues,
  FLOWD_CONFIGURATION,
  loadFlowdConfiguration,
  loadFlowdConfigurationOrDefaults,
} from './configuration.ts'
export type { FileChoice } from './file-choice.ts'
export { FLOWD_FILES } from './file-choice.ts'
export { toFlowdGoShape } from './flowd-go-shape.ts'
export type { UnitRegistry } from './unit-sections.ts'
