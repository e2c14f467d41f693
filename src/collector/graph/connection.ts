import { number, text } from './attribute-values.ts'
import type { ViewPort, ViewRecord } from './view-port.ts'

/** One connection between a client and a server, whichever dialect its routers speak. */
export interface Connection {
  /** The BIFLOW_TPORT, or the FLOW at the listener. */
  client: ViewRecord
  listener: ViewRecord | undefined
  connector: ViewRecord | undefined
  /** Bytes from client to server, and back. */
  sentBytes: number
  receivedBytes: number
  /**
   * The network's share of the time from the client's first byte to the first byte of the answer: what the server did
   * not take. 0 when the two measurements contradict each other.
   */
  networkLatencyUs: number | undefined
  hasEnded: boolean
}

/**
 * The client side of the connection that a flow is a side of: a BIFLOW_TPORT itself, or the FLOW at the listener.
 * Undefined for a request, or while the other side of a FLOW is unknown.
 */
export function clientSide(view: ViewPort, flow: ViewRecord): ViewRecord | undefined {
  if (flow.recordType === 'BIFLOW_TPORT') return flow
  const parent = view.parentOf(flow)
  switch (parent?.recordType) {
    case 'LISTENER':
      return flow
    case 'CONNECTOR':
      return view.targetOf(flow)
    default:
      return undefined
  }
}

/** Reads a connection from its client side. */
export function readConnection(view: ViewPort, client: ViewRecord): Connection {
  const counterflow = client.recordType === 'FLOW' ? text(client, 'counterflow') : undefined
  const server = counterflow === undefined ? undefined : view.get(counterflow)
  const isPair = client.recordType === 'FLOW'
  const latencyUs = number(client, 'latency')
  const serverLatencyUs = isPair ? number(server, 'latency') : number(client, 'processLatency')
  return {
    client,
    listener: view.parentOf(client),
    connector: isPair ? server && view.parentOf(server) : view.targetOf(client),
    sentBytes: number(client, 'octets') ?? 0,
    receivedBytes: (isPair ? number(server, 'octets') : number(client, 'octetsReverse')) ?? 0,
    networkLatencyUs:
      latencyUs === undefined || serverLatencyUs === undefined ? undefined : Math.max(0, latencyUs - serverLatencyUs),
    hasEnded: client.endTimeUs !== undefined && (server === undefined || server.endTimeUs !== undefined),
  }
}
