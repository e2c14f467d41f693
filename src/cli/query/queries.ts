import type { Column } from '../table.ts'
import type { ApiObject } from './api-client.ts'
import { formatDuration } from './duration.ts'
import { type FlowRow, flowRows } from './flow-rows.ts'
import { adjacency, type LinkEnd, linkEnds } from './link-ends.ts'
import type { Query, QueryOptions } from './query.ts'
import { endReason, hasEnded, number, type Tables, text } from './tables.ts'

/**
 * Related objects are read with those that have ended, so that names are known for as long as anything refers to them.
 */
const SITES = 'sites'
const ROUTERS = 'routers'

function live(path: string, { ended }: QueryOptions): string {
  return `${path}${path.includes('?') ? '&' : '?'}includeDeleted=${ended ? 1 : 0}`
}

function rowsOf(
  tables: Tables,
  source: string,
  includeEnded: boolean,
  order: (object: ApiObject) => string,
): ApiObject[] {
  return tables
    .all(source)
    .filter(object => includeEnded || !hasEnded(object))
    .sort((a, b) => order(a).localeCompare(order(b)))
}

const textColumn = (heading: string, attribute: string): Column<ApiObject> => ({
  heading,
  value: object => text(object, attribute),
})
const numberColumn = (heading: string, attribute: string): Column<ApiObject> => ({
  heading,
  value: object => number(object, attribute),
})
const identity = (object: ApiObject): string => text(object, 'identity')

/** The service addresses: the prototype's `vflow -a`. */
export function addressesQuery(options: QueryOptions): Query<ApiObject> {
  return {
    sources: { addresses: live('vanaddrs', options) },
    columns: [
      textColumn('address', 'name'),
      numberColumn('targets', 'connectorCount'),
      numberColumn('total flows', 'totalFlows'),
      numberColumn('current flows', 'currentFlows'),
    ],
    rows: (tables, includeEnded) => rowsOf(tables, 'addresses', includeEnded, object => text(object, 'name')),
    key: identity,
    ended: endReason,
  }
}

/** The connections of addresses: the prototype's `vflow -a ADDRESS`. */
export function flowsQuery(addresses: readonly string[], options: QueryOptions): Query<FlowRow> {
  const query = addresses.map(address => `vanaddr=${encodeURIComponent(address)}`).join('&')
  const duration = (us: number | '') => formatDuration(us === '' ? undefined : us)
  return {
    sources: { flows: live(`flows?${query}`, options), processes: 'processes', [ROUTERS]: 'routers', [SITES]: 'sites' },
    columns: [
      { heading: 'addr', value: row => row.address },
      { heading: 'proto', value: row => row.protocol },
      { heading: 'c.site', value: row => row.client.site },
      { heading: 'c.proc', value: row => row.client.process },
      { heading: 'c.port', value: row => row.client.port },
      { heading: 'c.oct', value: row => row.client.octets },
      { heading: 'c.rate', value: row => row.client.octetRate },
      { heading: 'c.uack', value: row => row.client.octetsUnacked },
      { heading: 'c.stal', value: row => row.client.windowClosures },
      { heading: 'c.lat', value: row => duration(row.client.latencyUs) },
      { heading: 's.oct', value: row => row.server.octets },
      { heading: 's.rate', value: row => row.server.octetRate },
      { heading: 's.uack', value: row => row.server.octetsUnacked },
      { heading: 's.stal', value: row => row.server.windowClosures },
      { heading: 's.lat', value: row => duration(row.server.latencyUs) },
      { heading: 's.proc', value: row => row.server.process },
      { heading: 's.port', value: row => row.server.port },
      { heading: 's.site', value: row => row.server.site },
      { heading: 'dur', value: row => duration(row.durationUs) },
      { heading: 'res', value: row => row.result },
    ],
    rows: (tables, includeEnded) => flowRows(tables, 'flows', includeEnded),
    key: row => row.id,
    ended: row => row.ended,
  }
}

/** The sites: the prototype's `vflow -s`. */
export function sitesQuery(options: QueryOptions): Query<ApiObject> {
  return {
    sources: { [SITES]: live('sites', options) },
    columns: [
      textColumn('site', 'name'),
      textColumn('namespace', 'namespace'),
      textColumn('location', 'location'),
      textColumn('provider', 'provider'),
      textColumn('platform', 'platform'),
    ],
    rows: (tables, includeEnded) => rowsOf(tables, SITES, includeEnded, object => text(object, 'name')),
    key: identity,
    ended: endReason,
  }
}

export function routersQuery(options: QueryOptions): Query<ApiObject & { siteName: string }> {
  return {
    sources: { [ROUTERS]: live('routers', options), [SITES]: 'sites' },
    columns: [
      textColumn('router', 'name'),
      { heading: 'site', value: row => row.siteName },
      textColumn('mode', 'mode'),
      textColumn('namespace', 'namespace'),
      textColumn('host', 'hostname'),
      textColumn('version', 'buildVersion'),
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
]

/** The links between routers, each from both ends where both are known. */
export function linksQuery(options: QueryOptions): Query<LinkEnd> {
  return {
    sources: { links: live('links', options), [ROUTERS]: 'routers', [SITES]: 'sites' },
    columns: [
      ...LINK_COLUMNS,
      { heading: 'octets', value: row => row.octets },
      { heading: 'octets back', value: row => row.octetsReverse },
    ],
    rows: (tables, includeEnded) => linkEnds(tables, tables.all('links'), includeEnded),
    key: row => row.id,
    ended: row => row.ended,
  }
}

/** Every router with what it is linked to; a router without links has a row too. */
export function topologyQuery(options: QueryOptions): Query<LinkEnd> {
  return {
    sources: { topology: live('topology', options), [SITES]: 'sites' },
    columns: LINK_COLUMNS,
    rows: (tables, includeEnded) => adjacency(tables, tables.all('topology'), includeEnded),
    key: row => row.id,
    ended: row => row.ended,
  }
}
