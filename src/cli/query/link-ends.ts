import type { ApiObject } from './api-client.ts'
import { endReason, hasEnded, number, type Tables, text } from './tables.ts'

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
export function linkEnds(tables: Tables, links: readonly ApiObject[], includeEnded: boolean): LinkEnd[] {
  return links
    .filter(link => includeEnded || !hasEnded(link))
    .map(link => linkEnd(tables, link))
    .sort(byRouterAndPeer)
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

/** Routers and links, each link once, as the rows of a topology: what each router is linked to, seen from both ends. */
export function adjacency(tables: Tables, objects: readonly ApiObject[], includeEnded: boolean): LinkEnd[] {
  const isA = (recordType: string) => (object: ApiObject) => text(object, 'recordType') === recordType
  const routers = objects.filter(isA('ROUTER')).filter(router => includeEnded || !hasEnded(router))
  const routerByName = new Map(routers.map(router => [text(router, 'name'), router]))
  const near = linkEnds(tables, objects.filter(isA('LINK')), includeEnded)
  const far = near.flatMap(end => {
    const peer = routerByName.get(end.peer)
    return peer === undefined ? [] : [farEnd(tables, end, peer)]
  })
  const linked = new Set([...near, ...far].map(end => end.router))
  const alone = routers.filter(router => !linked.has(text(router, 'name'))).map(router => aloneEnd(tables, router))
  return [...near, ...far, ...alone].sort(byRouterAndPeer)
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
