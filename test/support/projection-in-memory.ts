import type { ApiObject, Projection } from '../../src/collector/api/v1alpha1/projection.ts'
import type { ViewChange, ViewRecord } from '../../src/collector/graph/view-port.ts'

/**
 * A projection over a plain map, for tests of what stands above it: each record is one object, addresses are as given.
 */
export class ProjectionInMemory implements Projection {
  readonly records = new Map<string, ViewRecord>()
  readonly #listeners = new Set<(change: ViewChange) => void>()
  #lastKey = 0

  /** How many listen to changes. */
  get subscribers(): number {
    return this.#listeners.size
  }

  put(recordType: string, identity: string, attributes: ViewRecord['attributes'] = {}): void {
    const kind = this.records.has(identity) ? 'updated' : 'created'
    const endTimeUs = typeof attributes['endTime'] === 'number' ? attributes['endTime'] : undefined
    this.#lastKey += 1
    const record: ViewRecord = {
      key: this.records.get(identity)?.key ?? this.#lastKey,
      recordType,
      identity,
      attributes,
      get: name => attributes[name],
      startTimeUs: undefined,
      endTimeUs,
      endReason: endTimeUs === undefined ? undefined : 'reported',
      durationUs: undefined,
      sourceId: undefined,
      isIncomplete: false,
      isRetained: true,
    }
    this.records.set(identity, record)
    this.tell({ kind: endTimeUs === undefined ? kind : 'ended', record })
  }

  tell(change: ViewChange): void {
    for (const listener of this.#listeners) listener(change)
  }

  *list(recordType: string): Generator<ApiObject> {
    for (const record of this.records.values()) if (record.recordType === recordType) yield* this.objectsOf(record)
  }

  get(id: string): ApiObject | undefined {
    const record = this.records.get(id)
    return record === undefined ? undefined : this.objectsOf(record)[0]
  }

  *flows(vanAddress: string): Generator<ApiObject> {
    for (const record of this.records.values()) {
      if (this.addressOf(record) === vanAddress) yield* this.objectsOf(record)
    }
  }

  objectsOf({ recordType, identity, attributes }: ViewRecord): readonly ApiObject[] {
    return [{ ...attributes, recordType, identity, rtype: recordType, id: identity }]
  }

  addressOf({ recordType, attributes }: ViewRecord): string | undefined {
    const name = attributes[recordType === 'VAN_ADDRESS' ? 'name' : 'vanAddress']
    return typeof name === 'string' ? name : undefined
  }

  subscribe(listener: (change: ViewChange) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }
}
