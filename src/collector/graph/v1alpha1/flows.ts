import type { ViewPort, ViewRecord } from '../view-port.ts'
import { type ApiObject, additions, apiObject, type MaybeAttributes, plainObject } from './api-object.ts'

/** What distinguishes the FLOW of the connector's side from the one of the listener's, whose id is the BIFLOW's. */
export const CONNECTOR_SIDE = '~c'

/**
 * The FLOW records that the prototype's clients know a flow by. A FLOW of older routers is one already. A
 * BIFLOW_TPORT `X` is two: `X` below its listener, and `X~c` below its connector, once that is known; each BIFLOW_APP
 * likewise is a child of each of the two.
 */
export function flowObjects(view: ViewPort, flow: ViewRecord): ApiObject[] {
  const other = connectorSide(view, flow)
  return other === undefined ? [listenerSide(view, flow)] : [listenerSide(view, flow), other]
}

/** The FLOW of a flow that stands below the listener, or for older routers below whatever its parent is. */
export function listenerSide(view: ViewPort, flow: ViewRecord): ApiObject {
  const { recordType, identity, attributes } = flow
  if (recordType === 'FLOW') return plainObject(flow)
  return apiObject('FLOW', identity, {
    parent: attributes['parent'],
    startTime: attributes['startTime'],
    endTime: attributes['endTime'],
    counterflow: connectorOf(view, flow) === undefined ? undefined : identity + CONNECTOR_SIDE,
    process: attributes['process'],
    sourceHost: attributes['sourceHost'],
    sourcePort: attributes['sourcePort'],
    octets: attributes['octets'],
    octetRate: attributes['octetRate'],
    latency: attributes['latency'],
    reason: attributes['errorListenerSide'],
    ...requestOf(flow),
    ...additions(flow),
  })
}

/** The FLOW of a flow that stands below the connector; undefined when there is none. */
export function connectorSide(view: ViewPort, flow: ViewRecord): ApiObject | undefined {
  const { recordType, identity, attributes } = flow
  const connector = connectorOf(view, flow)
  if (connector === undefined) return undefined
  const isRequest = recordType === 'BIFLOW_APP'
  return apiObject('FLOW', identity + CONNECTOR_SIDE, {
    parent: isRequest ? `${String(attributes['parent'])}${CONNECTOR_SIDE}` : connector,
    startTime: attributes['startTime'],
    endTime: attributes['endTime'],
    counterflow: identity,
    process: isRequest ? undefined : view.targetOf(flow)?.get('process'),
    sourceHost: attributes['proxyHost'],
    sourcePort: attributes['proxyPort'],
    octets: attributes['octetsReverse'],
    octetRate: attributes['octetRateReverse'],
    latency: attributes['processLatency'],
    reason: attributes['errorConnectorSide'],
    trace: attributes['trace'],
    ...requestOf(flow),
    ...additions(flow),
  })
}

/** The identity of the connector that a BIFLOW goes through. */
function connectorOf(view: ViewPort, flow: ViewRecord): string | undefined {
  if (flow.recordType === 'FLOW') return undefined
  const connection = flow.recordType === 'BIFLOW_APP' ? view.parentOf(flow) : flow
  const connector = connection?.get('connector')
  return typeof connector === 'string' ? connector : undefined
}

/** What a request says of itself, on both sides. */
function requestOf({ recordType, attributes }: ViewRecord): MaybeAttributes {
  if (recordType !== 'BIFLOW_APP') return {}
  const { protocol, method, result, reason, streamId } = attributes
  return { protocol, method, result, reason, streamId }
}
