import type { AttributeValue } from '../../../vanflow/index.ts'
import type { ViewRecord } from '../view-port.ts'

/**
 * A record as v1alpha1 shows it: flat, attributes first, then `recordType` and `identity` (what the prototype sends)
 * and `rtype` and `id` (what its README documents).
 */
export type ApiObject = Readonly<Record<string, AttributeValue>>

/** An attribute that may be missing; it is then left out. */
export type MaybeAttributes = Readonly<Record<string, AttributeValue | undefined>>

/** Puts an object together. */
export function apiObject(recordType: string, identity: string, attributes: MaybeAttributes): ApiObject {
  const object: Record<string, AttributeValue> = {}
  for (const name in attributes) {
    const value = attributes[name]
    if (value !== undefined) object[name] = value
  }
  object['recordType'] = recordType
  object['identity'] = identity
  object['rtype'] = recordType
  object['id'] = identity
  return object
}

/** A record as it is, with what the collector adds. */
export function plainObject(record: ViewRecord): ApiObject {
  const { recordType, identity, attributes } = record
  return apiObject(recordType, identity, { ...attributes, ...additions(record) })
}

/**
 * What the collector adds to a record: `duration` in microseconds, and `endReason` where not the source itself said
 * that the record ended.
 */
export function additions({ endReason, durationUs }: ViewRecord): MaybeAttributes {
  return { endReason: endReason === 'reported' ? undefined : endReason, duration: durationUs }
}
