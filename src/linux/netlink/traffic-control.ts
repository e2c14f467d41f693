import { isTidemarkError } from '../../common/index.ts'
import { decodeText, decodeUint32, findAttribute, text } from './attribute.ts'
import type { NetlinkMessage } from './message.ts'
import type { NetlinkSocket } from './socket.ts'

/** linux/rtnetlink.h, linux/pkt_cls.h */
const RTM_NEWQDISC = 36
const RTM_DELQDISC = 37
const RTM_GETQDISC = 38
const RTM_NEWTFILTER = 44
const RTM_DELTFILTER = 45
const RTM_GETTFILTER = 46
const TCA_KIND = 1
const TCA_OPTIONS = 2
const TCA_BPF_NAME = 7
const TCA_BPF_ID = 11
/** Bytes of `struct tcmsg`. */
const INFO_LENGTH = 20
/** linux/if_ether.h: the protocol under which libbpf puts a filter. */
const ETH_P_ALL = 3

/** The parents of filters on a clsact qdisc (TC_H_CLSACT with TC_H_MIN_INGRESS or TC_H_MIN_EGRESS). */
const CLSACT_PARENT = { ingress: 0xfffffff2, egress: 0xfffffff3 } as const

/** The handle of every clsact qdisc (TC_H_MAKE(TC_H_CLSACT, 0)). */
const CLSACT_HANDLE = 0xffff0000

export type Direction = keyof typeof CLSACT_PARENT

/** A queueing discipline of an interface. */
export interface Qdisc {
  interfaceIndex: number
  kind: string
  handle: number
  parent: number
}

/** A traffic-control filter. */
export interface Filter {
  interfaceIndex: number
  handle: number
  parent: number
  direction: Direction
  priority: number
  /** As `bpf`, `u32`, `flower`. */
  kind: string
  /** Of a BPF filter: the name that its maker gave it, as `marker.bpf.o:[marker]`; else ''. */
  bpfName: string
  /** Of a BPF filter: the id of its program; else undefined. */
  bpfId: number | undefined
}

/** Lists the queueing disciplines of every interface. */
export function listQdiscs(socket: NetlinkSocket): Qdisc[] {
  const messages = [...socket.dump({ name: 'list of qdiscs', type: RTM_GETQDISC, payload: info(0, 0) })]
  return messages.map(decodeQdisc).filter(qdisc => qdisc !== undefined)
}

/** Lists the filters that a clsact qdisc of one interface holds in one direction, in no particular order. */
export function listFilters(socket: NetlinkSocket, interfaceIndex: number, direction: Direction): Filter[] {
  const name = `${direction} filters of interface ${interfaceIndex}`
  const payload = info(interfaceIndex, CLSACT_PARENT[direction])
  const messages = [...socket.dump({ name, type: RTM_GETTFILTER, payload })]
  // Each priority also appears once as itself, with handle 0 and no filter.
  const filters = messages.map(decodeFilter).filter(filter => filter !== undefined)
  return filters.filter(filter => filter.handle !== 0)
}

/**
 * Looks for a BPF filter in the place of one that was listed; undefined when none is there. However many filters others
 * have on the interface, this asks for one.
 *
 * @throws TidemarkError SYSTEM_CALL_FAILED
 */
export function findBpfFilter(socket: NetlinkSocket, place: Filter): Filter | undefined {
  const { interfaceIndex, parent, handle, priority } = place
  const payload = Buffer.concat([info(interfaceIndex, parent, { handle, priority }), text(TCA_KIND, 'bpf')])
  try {
    return decodeFilter(socket.ask({ name: `filter of interface ${interfaceIndex}`, type: RTM_GETTFILTER, payload }))
  } catch (error) {
    // The kernel says which of filter, qdisc and interface is missing, by different numbers.
    if (isTidemarkError(error, 'NETLINK_REFUSED')) return undefined
    throw error
  }
}

/** What somebody removed from an interface: one or all filters, or the qdisc with everything on it. */
export type Removal = 'filter' | 'qdisc'

/** Reads what the group RTNLGRP_TC tells; undefined for what is no removal from a clsact. */
export function readRemoval({
  type,
  payload,
}: NetlinkMessage): { interfaceIndex: number; removal: Removal } | undefined {
  if (payload.length < INFO_LENGTH) return undefined
  const { interfaceIndex, handle, parent } = common(payload)
  if (type === RTM_DELQDISC && handle === CLSACT_HANDLE) return { interfaceIndex, removal: 'qdisc' }
  const parents: readonly number[] = Object.values(CLSACT_PARENT)
  if (type === RTM_DELTFILTER && parents.includes(parent)) return { interfaceIndex, removal: 'filter' }
  return undefined
}

export function decodeQdisc(message: NetlinkMessage): Qdisc | undefined {
  if (message.type !== RTM_NEWQDISC || message.payload.length < INFO_LENGTH) return undefined
  const { kind, interfaceIndex, handle, parent } = common(message.payload)
  return { interfaceIndex, kind, handle, parent }
}

export function decodeFilter(message: NetlinkMessage): Filter | undefined {
  if (message.type !== RTM_NEWTFILTER || message.payload.length < INFO_LENGTH) return undefined
  const { kind, interfaceIndex, handle, parent } = common(message.payload)
  const options = kind === 'bpf' ? findAttribute(message.payload, TCA_OPTIONS, INFO_LENGTH) : undefined
  return {
    interfaceIndex,
    handle,
    parent,
    direction: parent === CLSACT_PARENT.ingress ? 'ingress' : 'egress',
    priority: message.payload.readUInt16LE(18),
    kind,
    bpfName: decodeText(findAttribute(options, TCA_BPF_NAME)),
    bpfId: decodeUint32(findAttribute(options, TCA_BPF_ID), undefined),
  }
}

function common(payload: Buffer) {
  return {
    interfaceIndex: payload.readInt32LE(4),
    handle: payload.readUInt32LE(8),
    parent: payload.readUInt32LE(12),
    kind: decodeText(findAttribute(payload, TCA_KIND, INFO_LENGTH)),
  }
}

/** `struct tcmsg` (linux/rtnetlink.h). */
function info(interfaceIndex: number, parent: number, place?: Pick<Filter, 'handle' | 'priority'>): Buffer {
  const bytes = Buffer.alloc(INFO_LENGTH)
  bytes.writeInt32LE(interfaceIndex, 4)
  bytes.writeUInt32LE(parent, 12)
  if (place === undefined) return bytes
  bytes.writeUInt32LE(place.handle, 8)
  bytes.writeUInt16BE(ETH_P_ALL, 16)
  bytes.writeUInt16LE(place.priority, 18)
  return bytes
}
