export type { AddressSample } from './addresses/index.ts'
export { sampleAddresses } from './addresses/index.ts'
export { cleanMarker } from './backends/index.ts'
export {
  effectiveFlowdValues,
  FLOWD_CONFIGURATION,
  FLOWD_FILES,
  loadFlowdConfiguration,
  loadFlowdConfigurationOrDefaults,
  toFlowdGoShape,
} from './configuration/index.ts'
export { convertPythonConfiguration, formatConversionWarning } from './convert/index.ts'
export type { ActivityView, FlowView, StageView, StatusView } from './daemon/index.ts'
export { ControlClient, runFlowd } from './daemon/index.ts'
export { examineFlowd } from './doctor/index.ts'
