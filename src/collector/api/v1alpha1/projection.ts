import type { ApiObject, V1alpha1Projection } from '../../graph/v1alpha1/index.ts'

/** What the API reads: the view in the shape of v1alpha1. */
export type Projection = Pick<V1alpha1Projection, keyof V1alpha1Projection>

export type { ApiObject }

/** Whether the prototype would call an object deleted: it has ended. */
export function isDeleted(object: ApiObject): boolean {
  return object['endTime'] !== undefined
}
