import type { ApiObject } from './api-client.ts'
import { endReason, hasEnded, number, type Tables, text } from './tables.ts'

/** One side of a connection, as its router saw it. */
interface FlowEnd {
  site: string
  process: string
  /** What the process is one of: its group; else the process itself. */
  component: string
  port: string
  octets?: number | undefined
  octetRate?: number | undefined
  octetsUnacked?: number | undefined
  windowClosures?: number | undefined
  latencyUs?: number | undefined
}

/** A connection or request: the flow at the listener joined with its counterflow at the connector. */
export interface FlowRow {
  id: string
  address: string
  /** Of a request, the id of the connection that it is a part of. */
  connection: string
  protocol: string
  client: FlowEnd
  server: FlowEnd
  durationUs: number | undefined
  /** Of a request. */
  method: string
  result: string
  /** Why it has ended; empty while it lives. */
  ended: string
}

const NOTHING: FlowEnd = { site: '', process: '', component: '', port: '' }

/**
 * Joins the flows of a table by their counterflows: connections, oldest first, each with its requests below it. A flow
 * whose other side is unknown has a row too.
 */
export function flowRows(tables: Tables, source: string, includeEnded: boolean): FlowRow[] {
  const flows = tables.all(source).filter(object => text(object, 'recordType') === 'FLOW')
  const serverByClient = new Map<string, ApiObject>()
  const clients: ApiObject[] = []
  const servers: ApiObject[] = []
  for (const flow of flows) {
    if (tables.ancestor(flow, 'LISTENER') !== undefined) clients.push(flow)
    else servers.push(flow)
  }
  for (const server of servers) serverByClient.set(text(server, 'counterflow'), server)
  const known = new Set(clients.map(client => text(client, 'identity')))
  const pairs: [client: ApiObject | undefined, server: ApiObject | undefined][] = [
    ...clients.map(client => [client, serverByClient.get(text(client, 'identity'))] as [ApiObject, ApiObject]),
    ...servers
      .filter(server => !known.has(text(server, 'counterflow')))
      .map(server => [undefined, server] as [undefined, ApiObject]),
  ]
  return pairs
    .filter(([client, server]) => includeEnded || !hasEnded((client ?? server)!))
    .map(([client, server]) => ({ place: placeOf(tables, (client ?? server)!), row: flowRow(tables, client, server) }))
    .sort((a, b) => comparePlaces(a.place, b.place))
    .map(({ row }) => row)
}

/** Where a flow stands: by its connection, itself or its parent, then by its own start. */
interface Place {
  connectionStartUs: number
  connection: string
  isRequest: boolean
  startUs: number
}

function placeOf(tables: Tables, flow: ApiObject): Place {
  const parentId = connectionOf(tables, flow)
  const isRequest = parentId !== ''
  const connection = isRequest ? tables.find(parentId) : flow
  return {
    connectionStartUs: number(connection, 'startTime') ?? 0,
    connection: text(connection, 'identity'),
    isRequest,
    startUs: number(flow, 'startTime') ?? 0,
  }
}

/** The id of the flow that a flow is a part of; empty when it is none. */
function connectionOf(tables: Tables, flow: ApiObject): string {
  const parent = tables.find(text(flow, 'parent'))
  return text(parent, 'recordType') === 'FLOW' ? text(parent, 'identity') : ''
}

function comparePlaces(a: Place, b: Place): number {
  return (
    a.connectionStartUs - b.connectionStartUs ||
    a.connection.localeCompare(b.connection) ||
    Number(a.isRequest) - Number(b.isRequest) ||
    a.startUs - b.startUs
  )
}

function flowRow(tables: Tables, client: ApiObject | undefined, server: ApiObject | undefined): FlowRow {
  const flow = (client ?? server)!
  const listener = client && tables.ancestor(client, 'LISTENER')
  const connector = server && tables.ancestor(server, 'CONNECTOR')
  return {
    id: text(flow, 'identity'),
    connection: connectionOf(tables, flow),
    address: text(listener, 'vanAddress') || text(connector, 'vanAddress'),
    protocol: text(flow, 'protocol') || text(listener, 'protocol') || text(connector, 'protocol'),
    client: client === undefined ? NOTHING : flowEnd(tables, client, client, 'source'),
    server: server === undefined ? NOTHING : flowEnd(tables, server, connector, 'dest'),
    durationUs: number(flow, 'duration'),
    method: text(client, 'method') || text(server, 'method'),
    result: text(server, 'result') || text(server, 'reason') || text(client, 'result') || text(client, 'reason'),
    ended: endReason(flow),
  }
}

/** @param place what knows the host and port of this end, as source or as destination */
function flowEnd(tables: Tables, flow: ApiObject, place: ApiObject | undefined, side: 'source' | 'dest'): FlowEnd {
  // A request is of the process of its connection.
  const process = tables.find(inherited(tables, flow, 'process'))
  const name = text(process, 'name') || inherited(tables, place, `${side}Host`)
  return {
    site: tables.siteName(flow) || (process === undefined ? '' : tables.siteName(process)),
    process: name,
    component: text(process, 'group') || name,
    port: inherited(tables, place, `${side}Port`),
    octets: number(flow, 'octets'),
    octetRate: number(flow, 'octetRate'),
    octetsUnacked: number(flow, 'octetsUnacked'),
    windowClosures: number(flow, 'windowClosures'),
    latencyUs: number(flow, 'latency'),
  }
}

/** An attribute of a flow, or else of the flow that it is a part of. */
function inherited(tables: Tables, flow: ApiObject | undefined, attribute: string): string {
  const own = text(flow, attribute)
  if (own !== '' || flow === undefined) return own
  const parent = tables.find(text(flow, 'parent'))
  return text(parent, 'recordType') === 'FLOW' ? text(parent, attribute) : ''
}
