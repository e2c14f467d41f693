import { isFlow } from '../flow-types.ts'
import type { ViewChange, ViewPort, ViewRecord } from '../view-port.ts'
import { type ApiObject, plainObject } from './api-object.ts'
import { CONNECTOR_SIDE, connectorSide, flowObjects, listenerSide } from './flows.ts'
import { linkObjects, PEER_SIDE } from './links.ts'

/** The record types whose objects have another type in v1alpha1, or that another type's list holds. */
const LISTED_AS: Readonly<Record<string, readonly string[]>> = { FLOW: ['FLOW', 'BIFLOW_TPORT', 'BIFLOW_APP'] }

/** The view in the shape of v1alpha1: today's records in the form that the prototype promised. Reads are pure. */
export class V1alpha1Projection {
  readonly #view: ViewPort

  constructor(view: ViewPort) {
    this.#view = view
  }

  /** Every object of a record type of v1alpha1 (`ROUTER`, `LINK`, `FLOW`, `VAN_ADDRESS`, …), ended ones included. */
  *list(recordType: string): Generator<ApiObject> {
    for (const listed of LISTED_AS[recordType] ?? [recordType]) {
      for (const record of this.#view.byType(listed)) yield* this.objectsOf(record)
    }
  }

  /** The object of an id, among them the ids that only v1alpha1 has. */
  get(id: string): ApiObject | undefined {
    const suffix = [CONNECTOR_SIDE, PEER_SIDE].find(ending => id.endsWith(ending)) ?? ''
    const record = this.#view.get(id) ?? this.#view.get(id.slice(0, id.length - suffix.length))
    return record === undefined ? undefined : this.objectsOf(record).find(object => object['identity'] === id)
  }

  /**
   * A service address, then each of its listeners with the flows below it, depth first, then each connector likewise.
   *
   * @param includeDeleted whether to show what has ended; what hangs on it is left out with it
   */
  *flows(vanAddress: string, includeDeleted: boolean): Generator<ApiObject> {
    const address = this.#view.address(vanAddress)
    if (address === undefined) return
    yield plainObject(address)
    for (const recordType of ['LISTENER', 'CONNECTOR']) {
      for (const binding of this.#view.bindings(vanAddress)) {
        if (binding.recordType === recordType && isShown(binding, includeDeleted)) {
          yield* this.#bindingWithFlows(binding, includeDeleted)
        }
      }
    }
  }

  /** The objects in which a record of the view appears: two for BIFLOWs and links that two sides know, else one. */
  objectsOf(record: ViewRecord): readonly ApiObject[] {
    if (!record.isRetained) return []
    switch (record.recordType) {
      case 'LINK':
        return linkObjects(this.#view, record)
      case 'BIFLOW_TPORT':
      case 'BIFLOW_APP':
        return flowObjects(this.#view, record)
      default:
        return [plainObject(record)]
    }
  }

  /** The service address that a record belongs to. */
  addressOf(record: ViewRecord): string | undefined {
    return this.#view.addressOf(record)
  }

  subscribe(listener: (change: ViewChange) => void): () => void {
    return this.#view.subscribe(listener)
  }

  *#bindingWithFlows(binding: ViewRecord, includeDeleted: boolean): Generator<ApiObject> {
    yield plainObject(binding)
    yield* this.#flowsBelow(this.#view.children(binding), includeDeleted, listenerSide)
    yield* this.#flowsBelow(this.#view.referrers(binding), includeDeleted, connectorSide)
  }

  *#flowsBelow(
    flows: Iterable<ViewRecord>,
    includeDeleted: boolean,
    side: typeof listenerSide | typeof connectorSide,
  ): Generator<ApiObject> {
    for (const flow of flows) {
      if (!isFlow(flow) || !isShown(flow, includeDeleted)) continue
      const object = side(this.#view, flow)
      if (object === undefined) continue
      yield object
      yield* this.#flowsBelow(this.#view.children(flow), includeDeleted, side)
    }
  }
}

function isShown(record: ViewRecord, includeDeleted: boolean): boolean {
  return includeDeleted || record.endTimeUs === undefined
}
