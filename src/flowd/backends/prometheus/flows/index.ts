export { FLOW_FAMILIES } from './families.ts'
export { flowLabels, type ShownFlow } from './shown-flow.ts'
