import type { ViewPort, ViewRecord } from '../graph/view-port.ts'

/** What the metrics read of one connection, whichever dialect its routers speak. */
export interface Connection {
  /** The BIFLOW_TPORT, or the FLOW at the listener. */
  client: ViewRecord
  listenerId: string | undefined
  connectorId: string | undefined
  /** Bytes from client to server, and back. */
  sent: number
  received: number
  /** First byte of the client to first byte of the answer, seen from the listener and from the connector, in µs. */
  latencyUs: number | undefined
  processLatencyUs: number | undefined
  hasEnded: boolean
}

/** The client side of the connection that a flow belongs to. Undefined for a request, or while it is unknown. */
export function clientSide(view: ViewPort, flow: ViewRecord): ViewRecord | undefined {
  if (flow.recordType === 'BIFLOW_TPORT') return flow
  const parent = view.get(text(flow, 'parent') ?? '')?.recordType
  if (parent === 'LISTENER') return flow
  return parent === 'CONNECTOR' ? view.get(text(flow, 'counterflow') ?? '') : undefined
}

/** Reads a connection from its client side. */
export function readConnection(view: ViewPort, client: ViewRecord): Connection {
  if (client.recordType === 'BIFLOW_TPORT') return readBiflow(client)
  const counterflow = text(client, 'counterflow')
  const server = counterflow === undefined ? undefined : view.get(counterflow)
  return {
    client,
    listenerId: text(client, 'parent'),
    connectorId: server && text(server, 'parent'),
    sent: number(client, 'octets') ?? 0,
    received: (server && number(server, 'octets')) ?? 0,
    latencyUs: number(client, 'latency'),
    processLatencyUs: server && number(server, 'latency'),
    hasEnded: client.endTimeUs !== undefined && (server === undefined || server.endTimeUs !== undefined),
  }
}

function readBiflow(biflow: ViewRecord): Connection {
  return {
    client: biflow,
    listenerId: text(biflow, 'parent'),
    connectorId: text(biflow, 'connector'),
    sent: number(biflow, 'octets') ?? 0,
    received: number(biflow, 'octetsReverse') ?? 0,
    latencyUs: number(biflow, 'latency'),
    processLatencyUs: number(biflow, 'processLatency'),
    hasEnded: biflow.endTimeUs !== undefined,
  }
}

/** A text attribute of a record. */
export function text(record: ViewRecord | undefined, attribute: string): string | undefined {
  const value = record?.get(attribute)
  return typeof value === 'string' && value !== '' ? value : undefined
}

/** A number attribute of a record. */
export function number(record: ViewRecord, attribute: string): number | undefined {
  const value = record.get(attribute)
  return value === undefined || typeof value === 'string' ? undefined : Number(value)
}
