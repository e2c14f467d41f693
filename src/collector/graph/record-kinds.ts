import { RECORD_TYPE } from '../../vanflow/index.ts'

const { SITE, ROUTER, LINK, LISTENER, CONNECTOR, FLOW, LOG, ROUTER_ACCESS, BIFLOW_TPORT, BIFLOW_APP } = RECORD_TYPE

/** Connections and requests: most of what there is, and what VAN addresses count. */
export function isFlowType(type: number): boolean {
  return type === BIFLOW_TPORT || type === BIFLOW_APP || type === FLOW
}

export function isBindingType(type: number): boolean {
  return type === LISTENER || type === CONNECTOR
}

const COUNTED_BY_ROUTERS: ReadonlySet<number> = new Set([
  ROUTER,
  LINK,
  LISTENER,
  CONNECTOR,
  FLOW,
  LOG,
  ROUTER_ACCESS,
  BIFLOW_TPORT,
  BIFLOW_APP,
])

/**
 * Whether a router numbers the records of a type (`fz6wq:29`): it begins anew when it restarts, so the same identity
 * may then mean another object. All others (sites, processes, hosts) have identities that last.
 */
export function isCountedByRouter(type: number): boolean {
  return COUNTED_BY_ROUTERS.has(type)
}

/** How far up a record stands. What hangs on a record stands lower, so waiting for it cannot go in circles. */
const RANKS = new Map<number, number>([
  [SITE, 4],
  [ROUTER, 3],
  [BIFLOW_TPORT, 1],
  [FLOW, 1],
  [BIFLOW_APP, 0],
  [LOG, 0],
])

/** The rank of a record type; those between routers and flows share one. */
export function rankOf(type: number): number {
  return RANKS.get(type) ?? 2
}
