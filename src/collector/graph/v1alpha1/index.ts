export type { ApiObject } from './api-object.ts'
export { V1alpha1Projection } from './projection.ts'
