import { TidemarkError } from '../../../common/index.ts'
import {
  attachFilter,
  type BpfProgram,
  createClsact,
  type Direction,
  destroyClsact,
  detachFilter,
  type Filter,
  type Link,
  listFilters,
  listLinks,
  listQdiscs,
  type NetlinkSocket,
} from '../../../linux/index.ts'
import { PROGRAM_NAME } from './layout.ts'
import { PATH_PROGRAM_NAME } from './path-mtu/index.ts'

/**
 * The handle of our filter, which also remembers who made the qdisc: whoever cleans up after a crash reads it there.
 */
const HANDLE = { qdiscWasThere: 0x71de_0001, qdiscIsOurs: 0x71de_0002 } as const
/** Early, so that few filters can end a packet's way before it is marked; but not 1, which other tools insist on. */
const FIRST_PRIORITY = 2

const DIRECTIONS = ['ingress', 'egress'] as const

/** The name that flowd-go gives to its filter, which stays and marks on where flowd-go is killed. */
const FLOWD_GO_FILTER = 'markerHandle'

/** What a filter is made of. */
export interface ClsactSetup {
  link: Link
  program: BpfProgram
  direction: Direction
}

/** What a clean-up removed. */
export interface Cleaned {
  filters: number
  qdisc: boolean
}

/**
 * Attaches the program as a tc filter, on a clsact qdisc that is made when there is none.
 *
 * @param ownsQdisc whether a qdisc that is there already was made by this process
 * @throws TidemarkError ATTACH_REFUSED, PERMISSION_DENIED
 */
export function attachClsactFilter(
  socket: NetlinkSocket,
  { link, program, direction }: ClsactSetup,
  ownsQdisc = false,
): Filter {
  const made = createClsact(link)
  if (!made) requireClsact(socket, link)
  const handle = made || ownsQdisc ? HANDLE.qdiscIsOurs : HANDLE.qdiscWasThere
  const taken = new Set(listFilters(socket, link.index, direction).map(filter => filter.priority))
  let priority = FIRST_PRIORITY
  while (taken.has(priority)) priority += 1
  try {
    attachFilter(program, link, { direction, priority, handle })
  } catch (error) {
    if (handle === HANDLE.qdiscIsOurs) removeUnusedQdisc(socket, link)
    throw error
  }
  const filter = ourFilters(socket, link).find(there => there.direction === direction && there.priority === priority)
  if (filter === undefined) throw refused(link, 'the new filter vanished')
  return filter
}

/** The older qdisc `ingress` takes the same place, and would run a filter for egress on what comes in. */
function requireClsact(socket: NetlinkSocket, link: Link): void {
  if (hasClsact(socket, link)) return
  throw refused(link, `a qdisc ingress stands in its place; to replace it: tc qdisc delete dev ${link.name} ingress`)
}

function hasClsact(socket: NetlinkSocket, link: Link): boolean {
  return interfacesWithClsact(socket).has(link.index)
}

function interfacesWithClsact(socket: NetlinkSocket): Set<number> {
  const qdiscs = listQdiscs(socket).filter(({ kind }) => kind === 'clsact')
  return new Set(qdiscs.map(({ interfaceIndex }) => interfaceIndex))
}

function refused(link: Link, reason: string): TidemarkError {
  return new TidemarkError('ATTACH_REFUSED', { interface: link.name, how: 'clsact', reason })
}

/**
 * Removes one filter of ours, and the qdisc if we made it and nobody else uses it. Nothing happens where the interface
 * is gone, or the filter, or where another filter stands in its place.
 */
export function removeClsactFilter(socket: NetlinkSocket, filter: Filter, options: { removeQdisc: boolean }): Cleaned {
  const link = listLinks(socket).find(({ index }) => index === filter.interfaceIndex)
  if (link === undefined) return { filters: 0, qdisc: false }
  const there = ourFilters(socket, link).filter(({ bpfId }) => bpfId === filter.bpfId)
  return removeFilters(socket, link, there, options)
}

/** Removes every filter of ours on an interface, and the qdisc if we made it and nobody else uses it. */
export function removeLeftovers(socket: NetlinkSocket, link: Link): Cleaned {
  return removeFilters(socket, link, ourFilters(socket, link), { removeQdisc: true })
}

/**
 * The same on every interface of the network namespace, whether it is to be marked on or not: who was killed may have
 * had other orders.
 *
 * @returns what was removed where
 */
export function removeAllLeftovers(socket: NetlinkSocket): { interface: string; cleaned: Cleaned }[] {
  const indexes = interfacesWithClsact(socket)
  return listLinks(socket)
    .filter(({ index }) => indexes.has(index))
    .map(link => ({ interface: link.name, cleaned: removeLeftovers(socket, link) }))
    .filter(({ cleaned }) => cleaned.filters > 0)
}

/** Whether a filter is flowd-go's. It ends a packet's way, so that no filter after it sees one. */
export function isFlowdGoFilter({ bpfName }: Filter): boolean {
  return bpfName.startsWith(FLOWD_GO_FILTER)
}

/** The filters of flowd-go on an interface. */
export function flowdGoFilters(socket: NetlinkSocket, link: Link): Filter[] {
  return listFilters(socket, link.index, 'egress').filter(isFlowdGoFilter)
}

/** Interfaces of the network namespace that flowd-go marks on, or left its filter on. */
export function interfacesOfFlowdGo(socket: NetlinkSocket): Link[] {
  const indexes = interfacesWithClsact(socket)
  return listLinks(socket).filter(link => indexes.has(link.index) && flowdGoFilters(socket, link).length > 0)
}

/** Removes the clsact qdisc of an interface unless a filter uses it; whether there was one to remove. */
export function removeUnusedQdisc(socket: NetlinkSocket, link: Link): boolean {
  const used = DIRECTIONS.some(where => listFilters(socket, link.index, where).length > 0)
  if (used || !hasClsact(socket, link)) return false
  destroyClsact(link)
  return true
}

function removeFilters(
  socket: NetlinkSocket,
  link: Link,
  filters: readonly Filter[],
  { removeQdisc }: { removeQdisc: boolean },
): Cleaned {
  for (const filter of filters) detachFilter(link, filter)
  return { filters: filters.length, qdisc: removeQdisc && filters.some(madeQdisc) && removeUnusedQdisc(socket, link) }
}

/** Whether the qdisc that a filter of ours stands on is ours too. */
export function madeQdisc({ handle }: Filter): boolean {
  return handle === HANDLE.qdiscIsOurs
}

/** Whether a filter is the marker's, of this process or another: libbpf names a filter `PROGRAM:[ID]`. */
export function isOurFilter({ bpfName }: Filter): boolean {
  return [PROGRAM_NAME, PATH_PROGRAM_NAME].some(name => bpfName.startsWith(`${name}:[`))
}

function ourFilters(socket: NetlinkSocket, link: Link): Filter[] {
  return DIRECTIONS.flatMap(direction => listFilters(socket, link.index, direction)).filter(isOurFilter)
}
