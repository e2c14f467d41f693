export type { AddressSample } from './addresses/index.ts'
export { sampleAddresses } from './addresses/index.ts'
export { cleanMarker } from './backends/index.ts'
export {
  effectiveFlowdValues,
  FLOWD_CONFIGURATION,
  loadFlowdConfiguration,
  loadFlowdConfigurationOrDefaults,
} from './configuration.ts'
export { FLOWD_FILES } from './configuration-file.ts'
export { convertPythonConfiguration, formatConversionWarning } from './convert/index.ts'
export type { ActivityView, FlowView, StageView, StatusView } from './daemon/index.ts'
export { ControlClient, runFlowd } from './daemon/index.ts'
export { examineFlowd } from './doctor/index.ts'
export { toFlowdGoShape } from './flowd-go-shape.ts'
