import { TidemarkError } from '../../../common/index.ts'
import {
  attachFilter,
  type BpfProgram,
  createClsact,
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

/**
 * The handle of our filter, which also remembers who made the qdisc: whoever cleans up after a crash reads it there.
 */
const HANDLE = { qdiscWasThere: 0x71de_0001, qdiscIsOurs: 0x71de_0002 } as const
/** Early, so that few filters can end a packet's way before it is marked; but not 1, which other tools insist on. */
const FIRST_PRIORITY = 2

/** What a clean-up removed. */
export interface Cleaned {
  filters: number
  qdisc: boolean
}

/**
 * Attaches the program as a tc filter, on a clsact qdisc that is made when there is none.
 *
 * @throws TidemarkError ATTACH_REFUSED, PERMISSION_DENIED
 */
export function attachClsactFilter(socket: NetlinkSocket, link: Link, program: BpfProgram): Filter {
  const handle = createClsact(link) ? HANDLE.qdiscIsOurs : HANDLE.qdiscWasThere
  const taken = new Set(listFilters(socket, link.index, 'egress').map(filter => filter.priority))
  let priority = FIRST_PRIORITY
  while (taken.has(priority)) priority += 1
  try {
    attachFilter(program, link, { priority, handle })
  } catch (error) {
    if (handle === HANDLE.qdiscIsOurs) removeUnusedQdisc(socket, link)
    throw error
  }
  const made = ourFilters(socket, link).find(filter => filter.priority === priority)
  if (made === undefined) {
    throw new TidemarkError('ATTACH_REFUSED', {
      interface: link.name,
      how: 'clsact',
      reason: 'the new filter vanished',
    })
  }
  return made
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

/** Removes the clsact qdisc of an interface unless a filter uses it; whether there was one to remove. */
export function removeUnusedQdisc(socket: NetlinkSocket, link: Link): boolean {
  const exists = listQdiscs(socket, link.index).some(({ kind }) => kind === 'clsact')
  const used = (['ingress', 'egress'] as const).some(where => listFilters(socket, link.index, where).length > 0)
  if (!exists || used) return false
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
  const madeQdisc = filters.some(({ handle }) => handle === HANDLE.qdiscIsOurs)
  return { filters: filters.length, qdisc: removeQdisc && madeQdisc && removeUnusedQdisc(socket, link) }
}

/** Whether a filter is a marker of flowd, of this process or another: libbpf names a filter `PROGRAM:[ID]`. */
export function isOurFilter({ bpfName }: Filter): boolean {
  return bpfName.startsWith(`${PROGRAM_NAME}:[`)
}

function ourFilters(socket: NetlinkSocket, link: Link): Filter[] {
  return listFilters(socket, link.index, 'egress').filter(isOurFilter)
}
