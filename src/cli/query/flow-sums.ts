import type { FlowRow } from './flow-rows.ts'

/** What clients of one kind and servers of one kind do with each other through one address. */
export interface FlowSum {
  address: string
  client: { site: string; component: string }
  server: { site: string; component: string }
  connections: number
  requests: number
  /** Connections that ended with an error, and requests answered with a status of 400 and up. */
  errors: number
  /** What clients and servers sent. */
  clientOctets: number
  serverOctets: number
  /** Means over the connections that tell theirs. */
  clientLatencyUs?: number | undefined
  serverLatencyUs?: number | undefined
  /** The longest connection. */
  longestUs?: number | undefined
}

/** Sums flows by address, sites and components, those that moved most first. */
export function sumFlows(rows: readonly FlowRow[]): FlowSum[] {
  const groups = new Map<string, FlowRow[]>()
  for (const row of rows) {
    const key = keyOf(row)
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [row])
    else group.push(row)
  }
  const moved = ({ clientOctets, serverOctets }: FlowSum) => clientOctets + serverOctets
  return [...groups.values()].map(sum).sort((a, b) => moved(b) - moved(a))
}

/** What is summed in one row. */
export function keyOf({ address, client, server }: Pick<FlowSum, 'address' | 'client' | 'server'>): string {
  return [address, client.site, client.component, server.site, server.component].join('\0')
}

function sum(rows: readonly FlowRow[]): FlowSum {
  const { address, client, server } = rows[0]!
  // What a request moves is moved by its connection.
  const connections = rows.filter(row => row.connection === '')
  const total = (of: (row: FlowRow) => number | undefined) => connections.reduce((all, row) => all + (of(row) ?? 0), 0)
  return {
    address,
    client: { site: client.site, component: client.component },
    server: { site: server.site, component: server.component },
    connections: connections.length,
    requests: rows.length - connections.length,
    errors: rows.filter(isError).length,
    clientOctets: total(row => row.client.octets),
    serverOctets: total(row => row.server.octets),
    clientLatencyUs: mean(connections.map(row => row.client.latencyUs)),
    serverLatencyUs: mean(connections.map(row => row.server.latencyUs)),
    longestUs: connections.reduce<number | undefined>(
      (longest, { durationUs }) => (durationUs === undefined ? longest : Math.max(longest ?? 0, durationUs)),
      undefined,
    ),
  }
}

const FIRST_ERROR_STATUS = 400

function isError({ connection, result }: FlowRow): boolean {
  return connection === '' ? result !== '' : Number(result) >= FIRST_ERROR_STATUS
}

function mean(values: readonly (number | undefined)[]): number | undefined {
  const known = values.filter(value => value !== undefined)
  return known.length === 0 ? undefined : known.reduce((all, value) => all + value, 0) / known.length
}
