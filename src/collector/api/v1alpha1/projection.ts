import type { AttributeValue } from '../../../vanflow/index.ts'
import type { ViewChange, ViewRecord } from '../../graph/view-port.ts'

/**
 * A record as v1alpha1 shows it: flat, attributes first, then `recordType` and `identity` (what the prototype sends)
 * and `rtype` and `id` (what its README documents).
 */
export type ApiObject = Readonly<Record<string, AttributeValue>>

/** The view in the shape of v1alpha1: today's records in the form that the prototype promised. Reads are pure. */
export interface Projection {
  /** Every object of a record type of v1alpha1 (`ROUTER`, `LINK`, …, `VAN_ADDRESS`). */
  list(recordType: string): Iterable<ApiObject>
  /** The object of an id, among them the ids that only v1alpha1 has. */
  get(id: string): ApiObject | undefined
  /** What listens and connects under a service address, with the flows below each, depth first; the address leads. */
  flows(vanAddress: string, includeDeleted: boolean): Iterable<ApiObject>
  /** The objects in which a record of the view appears: two for a BIFLOW_TPORT and for a LINK, else one. */
  objectsOf(record: ViewRecord): readonly ApiObject[]
  /** The service address that a record belongs to. */
  addressOf(record: ViewRecord): string | undefined
  subscribe(listener: (change: ViewChange) => void): () => void
}

/** Whether the prototype would call an object deleted: it has ended. */
export function isDeleted(object: ApiObject): boolean {
  return object['endTime'] !== undefined
}
