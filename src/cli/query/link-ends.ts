import type { ApiObject } from './api-client.ts'
import { endReason, number, type Tables, text } from './tables.ts'

/** One end of a link between routers. */
export interface LinkEnd {
  id: string
  /** Name of the router whose end it is. */
  router: string
  site: string
  direction: string
  /** Name of the router at the other end. */
  peer: string
  mode: string
  cost?: number | undefined
  status: string
  /** For how long it is up or down, as its status says. */
  sinceUs?: number | undefined
  /** How often it went down. */
  downCount?: number | undefined
  /** Why it is down, as the router says. */
  reason: string
  octets?: number | undefined
  octetsReverse?: number | undefined
  /** Why it has ended; empty while it lives. */
  ended: string
}

/** The ends of links, by router and peer. */
export function linkEnds(tables: Tables, links: readonly ApiObject[]): LinkEnd[] {
  return links.map(link => linkEnd(tables, link)).sort(byRouterAndPeer)
}

function linkEnd(tables: Tables, link: ApiObject): LinkEnd {
  return {
    id: text(link, 'identity'),
    router: text(tables.ancestor(link, 'ROUTER'), 'name') || text(link, 'parent'),
    site: tables.siteName(link),
    direction: text(link, 'direction'),
    peer: text(link, 'name'),
    mode: text(link, 'mode') || text(link, 'role'),
    cost: number(link, 'linkCost'),
    status: text(link, 'operStatus'),
    sinceUs: sinceUs(link),
    downCount: number(link, 'downCount'),
    reason: text(link, 'operStatus') === 'down' ? text(link, 'reason') || text(link, 'result') : '',
    octets: number(link, 'octets'),
    octetsReverse: number(link, 'octetsReverse'),
    ended: endReason(link),
  }
}

/** By the clock of the router, which the duration follows. */
function sinceUs(link: ApiObject): number | undefined {
  const durationUs = number(link, 'duration')
  const startUs = number(link, 'startTime')
  const changedUs = number(link, text(link, 'operStatus') === 'down' ? 'downTimeStamp' : 'upTimeStamp')
  if (durationUs === undefined || startUs === undefined || changedUs === undefined) return durationUs
  return startUs + durationUs - changedUs
}

/**
 * What each router is linked to: the ends that are told of, for links that one end alone tells of the other end too, and
 * routers without links. Routers are told apart by their ids, since a new pod may have the name of the old.
 */
export function adjacency(tables: Tables, routers: readonly ApiObject[], links: readonly ApiObject[]): LinkEnd[] {
  const near = linkEnds(tables, links)
  const told = new Set(near.map(end => pairOf(end.router, end.peer)))
  // Of several routers with one name, the one that began last.
  const byStart = routers.toSorted((a, b) => (number(a, 'startTime') ?? 0) - (number(b, 'startTime') ?? 0))
  const routerByName = new Map(byStart.map(router => [text(router, 'name'), router]))
  const linked = new Set(links.map(link => text(link, 'parent')))
  const far = near.flatMap(end => {
    const peer = routerByName.get(end.peer)
    if (peer === undefined || told.has(pairOf(end.peer, end.router))) return []
    linked.add(text(peer, 'identity'))
    return [farEnd(tables, end, peer)]
  })
  const alone = routers.filter(router => !linked.has(text(router, 'identity'))).map(router => aloneEnd(tables, router))
  return [...near, ...far, ...alone].sort(byRouterAndPeer)
}

function pairOf(router: string, peer: string): string {
  return `${router}\0${peer}`
}

function farEnd(tables: Tables, end: LinkEnd, peer: ApiObject): LinkEnd {
  return {
    ...end,
    id: `${end.id} from ${end.peer}`,
    router: end.peer,
    site: tables.siteName(peer),
    direction: end.direction === 'incoming' ? 'outgoing' : 'incoming',
    peer: end.router,
  }
}

function aloneEnd(tables: Tables, router: ApiObject): LinkEnd {
  return {
    id: text(router, 'identity'),
    router: text(router, 'name'),
    site: tables.siteName(router),
    direction: '',
    peer: '',
    mode: '',
    status: '',
    reason: '',
    ended: endReason(router),
  }
}

function byRouterAndPeer(a: LinkEnd, b: LinkEnd): number {
  return a.router.localeCompare(b.router) || a.peer.localeCompare(b.peer)
}
