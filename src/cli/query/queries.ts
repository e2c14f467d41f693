import type { Column } from '../table.ts'
import type { ApiObject } from './api-client.ts'
import { formatBytes } from './bytes.ts'
import { formatDuration } from './duration.ts'
import { type FlowRow, flowRows } from './flow-rows.ts'
import { type FlowSum, keyOf, sumFlows } from './flow-sums.ts'
import { adjacency, type LinkEnd, linkEnds } from './link-ends.ts'
import type { Query, QueryOptions } from './query.ts'
import { endReason, hasEnded, number, type Tables, text } from './tables.ts'

/**
 * Related objects are read with those that have ended, so that names are known for as long as anything refers to
 * them.
 */
const SITES = 'sites'
const ROUTERS = 'routers'
/** What a path of the collector may hold of addresses; its whole URL has at most 8192 characters. */
const LONGEST_QUERY = 6000

function live(path: string, { ended }: QueryOptions): string {
  return `${path}${path.includes('?') ? '&' : '?'}includeDeleted=${ended ? 1 : 0}`
}

function rowsOf(
  tables: Tables,
  source: string,
  includeEnded: boolean,
  order: (object: ApiObject) => string,
): ApiObject[] {
  return tables.shown(source, includeEnded).sort((a, b) => order(a).localeCompare(order(b)))
}

const textColumn = <Row extends ApiObject>(heading: string, attribute: string): Column<Row> => ({
  heading,
  value: object => text(object, attribute),
})
const numberColumn = (heading: string, attribute: string): Column<ApiObject> => ({
  heading,
  value: object => number(object, attribute),
})
const bytesColumn = <Row>(heading: string, bytes: (row: Row) => number | undefined): Column<Row> => ({
  heading,
  value: row => formatBytes(bytes(row)),
  isRightAligned: true,
})
const durationColumn = <Row>(heading: string, us: (row: Row) => number | undefined): Column<Row> => ({
  heading,
  value: row => formatDuration(us(row)),
  isRightAligned: true,
})
const optional = <Row>(column: Column<Row>): Column<Row> => ({ ...column, isOptional: true })
const identity = (object: ApiObject): string => text(object, 'identity')
const age = <Row extends ApiObject>(): Column<Row> => durationColumn('age', object => number(object, 'duration'))

/** The service addresses: the prototype's `vflow -a`, and what keeps one from being served. */
export function addressesQuery(options: QueryOptions): Query<ApiObject> {
  return {
    sources: { addresses: [live('vanaddrs', options)] },
    columns: [
      textColumn('address', 'name'),
      numberColumn('listeners', 'listenerCount'),
      numberColumn('targets', 'connectorCount'),
      numberColumn('total flows', 'totalFlows'),
      numberColumn('current flows', 'currentFlows'),
      optional({ heading: 'problem', value: problemOf }),
    ],
    rows: (tables, includeEnded) => rowsOf(tables, 'addresses', includeEnded, object => text(object, 'name')),
    key: identity,
    ended: endReason,
  }
}

function problemOf(address: ApiObject): string {
  const [listeners, targets] = [number(address, 'listenerCount'), number(address, 'connectorCount')]
  if (hasEnded(address)) return ''
  if (targets === 0) return listeners === 0 ? 'neither listener nor target' : 'no target'
  return listeners === 0 ? 'no listener' : ''
}

function flowSources(addresses: readonly string[], options: QueryOptions): Query<FlowRow>['sources'] {
  return {
    flows: flowPaths(addresses).map(path => live(path, options)),
    processes: ['processes'],
    [ROUTERS]: ['routers'],
    [SITES]: ['sites'],
  }
}

/** The flows of addresses, summed by who talks with whom. */
export function flowSumsQuery(addresses: readonly string[], options: QueryOptions): Query<FlowSum> {
  return {
    sources: flowSources(addresses, options),
    columns: [
      { heading: 'addr', value: row => row.address },
      { heading: 'c.site', value: row => row.client.site },
      { heading: 'client', value: row => row.client.component },
      { heading: 's.site', value: row => row.server.site },
      { heading: 'server', value: row => row.server.component },
      { heading: 'connections', value: row => row.connections },
      { heading: 'requests', value: row => row.requests },
      { heading: 'errors', value: row => row.errors },
      bytesColumn('c.oct', row => row.clientOctets),
      bytesColumn('s.oct', row => row.serverOctets),
      durationColumn('c.lat', row => row.clientLatencyUs),
      durationColumn('s.lat', row => row.serverLatencyUs),
      durationColumn('longest', row => row.longestUs),
    ],
    rows: (tables, includeEnded) => sumFlows(flowRows(tables, 'flows', includeEnded)),
    key: keyOf,
    ended: () => '',
  }
}

/** The connections of addresses: the prototype's `vflow -a ADDRESS`. */
export function flowsQuery(addresses: readonly string[], options: QueryOptions): Query<FlowRow> {
  return {
    sources: flowSources(addresses, options),
    columns: [
      { heading: 'addr', value: row => row.address },
      { heading: 'proto', value: row => row.protocol },
      { heading: 'c.site', value: row => row.client.site },
      { heading: 'c.proc', value: row => row.client.process },
      { heading: 'c.port', value: row => row.client.port },
      bytesColumn('c.oct', row => row.client.octets),
      optional(bytesColumn('c.rate', row => row.client.octetRate)),
      optional(bytesColumn('c.uack', row => row.client.octetsUnacked)),
      optional({ heading: 'c.stal', value: row => row.client.windowClosures }),
      durationColumn('c.lat', row => row.client.latencyUs),
      bytesColumn('s.oct', row => row.server.octets),
      optional(bytesColumn('s.rate', row => row.server.octetRate)),
      optional(bytesColumn('s.uack', row => row.server.octetsUnacked)),
      optional({ heading: 's.stal', value: row => row.server.windowClosures }),
      durationColumn('s.lat', row => row.server.latencyUs),
      { heading: 's.proc', value: row => row.server.process },
      { heading: 's.port', value: row => row.server.port },
      { heading: 's.site', value: row => row.server.site },
      durationColumn('dur', row => row.durationUs),
      { heading: 'res', value: row => `${row.method} ${row.result}`.trim() },
    ],
    rows: (tables, includeEnded) => flowRows(tables, 'flows', includeEnded),
    key: row => row.id,
    ended: row => row.ended,
  }
}

/** As many addresses in each path as its length allows. */
function flowPaths(addresses: readonly string[]): string[] {
  const paths: string[] = []
  for (const address of addresses) {
    const parameter = `vanaddr=${encodeURIComponent(address)}`
    const last = paths.at(-1)
    if (last === undefined || last.length + parameter.length > LONGEST_QUERY) paths.push(`flows?${parameter}`)
    else paths[paths.length - 1] = `${last}&${parameter}`
  }
  return paths
}

/** The sites: the prototype's `vflow -s`. */
export function sitesQuery(options: QueryOptions): Query<ApiObject> {
  return {
    sources: { [SITES]: [live('sites', options)] },
    columns: [
      textColumn('site', 'name'),
      textColumn('namespace', 'namespace'),
      optional(textColumn('location', 'location')),
      optional(textColumn('provider', 'provider')),
      textColumn('platform', 'platform'),
      // Controllers of Skupper 1.x have an attribute of their own for it.
      optional({ heading: 'version', value: site => text(site, 'buildVersion') || text(site, 'version') }),
      age(),
    ],
    rows: (tables, includeEnded) => rowsOf(tables, SITES, includeEnded, object => text(object, 'name')),
    key: identity,
    ended: endReason,
  }
}

export function routersQuery(options: QueryOptions): Query<ApiObject & { siteName: string }> {
  return {
    sources: { [ROUTERS]: [live('routers', options)], [SITES]: ['sites'] },
    columns: [
      textColumn('router', 'name'),
      { heading: 'site', value: row => row.siteName },
      textColumn('mode', 'mode'),
      optional(textColumn('namespace', 'namespace')),
      optional(textColumn('host', 'hostname')),
      textColumn('version', 'buildVersion'),
      age(),
    ],
    rows: (tables, includeEnded) =>
      rowsOf(tables, ROUTERS, includeEnded, object => text(object, 'name')).map(object => ({
        ...object,
        siteName: tables.siteName(object),
      })),
    key: identity,
    ended: endReason,
  }
}

const LINK_COLUMNS: readonly Column<LinkEnd>[] = [
  { heading: 'router', value: row => row.router },
  { heading: 'site', value: row => row.site },
  { heading: 'direction', value: row => row.direction },
  { heading: 'peer', value: row => row.peer },
  { heading: 'mode', value: row => row.mode },
  { heading: 'cost', value: row => row.cost },
  { heading: 'status', value: row => row.status },
  durationColumn('since', row => row.sinceUs),
]

const LINK_TROUBLE: readonly Column<LinkEnd>[] = [
  optional({ heading: 'times down', value: row => row.downCount || undefined }),
  optional({ heading: 'reason', value: row => row.reason }),
]

/** The links between routers, each from both ends where both are known. */
export function linksQuery(options: QueryOptions): Query<LinkEnd> {
  return {
    sources: { links: [live('links', options)], [ROUTERS]: ['routers'], [SITES]: ['sites'] },
    columns: [
      ...LINK_COLUMNS,
      bytesColumn('octets', row => row.octets),
      bytesColumn('octets back', row => row.octetsReverse),
      ...LINK_TROUBLE,
    ],
    rows: (tables, includeEnded) => linkEnds(tables, tables.shown('links', includeEnded)),
    key: row => row.id,
    ended: row => row.ended,
  }
}

/** Every router with what it is linked to; a router without links has a row too. */
export function topologyQuery(options: QueryOptions): Query<LinkEnd> {
  return {
    sources: { [ROUTERS]: ['routers'], links: [live('links', options)], [SITES]: ['sites'] },
    columns: [...LINK_COLUMNS, ...LINK_TROUBLE],
    rows: (tables, includeEnded) =>
      adjacency(tables, tables.shown(ROUTERS, includeEnded), tables.shown('links', includeEnded)),
    key: row => row.id,
    ended: row => row.ended,
  }
}
