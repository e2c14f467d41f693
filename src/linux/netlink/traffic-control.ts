import { decodeText, decodeUint32, findAttribute } from './attribute.ts'
import type { NetlinkMessage } from './message.ts'
import type { NetlinkSocket } from './socket.ts'

const RTM_NEWQDISC = 36
const RTM_GETQDISC = 38
const RTM_NEWTFILTER = 44
const RTM_GETTFILTER = 46
const TCA_KIND = 1
const TCA_OPTIONS = 2
const TCA_BPF_NAME = 7
const TCA_BPF_ID = 11
const INFO_LENGTH = 20

/** The parents of filters on a clsact qdisc (TC_H_CLSACT with TC_H_MIN_INGRESS or TC_H_MIN_EGRESS). */
export const CLSACT_PARENT = { ingress: 0xfffffff2, egress: 0xfffffff3 } as const

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
  priority: number
  /** As `bpf`, `u32`, `flower`. */
  kind: string
  /** Of a BPF filter: the name that its maker gave it, as `marker.bpf.o:[marker]`; else ''. */
  bpfName: string
  /** Of a BPF filter: the id of its program; else undefined. */
  bpfId: number | undefined
}

/** Lists the queueing disciplines of one interface. */
export function listQdiscs(socket: NetlinkSocket, interfaceIndex: number): Qdisc[] {
  const payload = info(interfaceIndex, 0)
  const messages = [...socket.dump({ name: `qdiscs of interface ${interfaceIndex}`, type: RTM_GETQDISC, payload })]
  // The kernel dumps those of every interface, whatever was asked.
  return messages.map(decodeQdisc).filter(qdisc => qdisc?.interfaceIndex === interfaceIndex) as Qdisc[]
}

/** Lists the filters that a clsact qdisc of one interface holds in one direction, in no particular order. */
export function listFilters(
  socket: NetlinkSocket,
  interfaceIndex: number,
  direction: keyof typeof CLSACT_PARENT,
): Filter[] {
  const name = `${direction} filters of interface ${interfaceIndex}`
  const payload = info(interfaceIndex, CLSACT_PARENT[direction])
  const messages = [...socket.dump({ name, type: RTM_GETTFILTER, payload })]
  // Each priority also appears once as itself, with handle 0 and no filter.
  return messages.map(decodeFilter).filter(filter => filter !== undefined && filter.handle !== 0) as Filter[]
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
function info(interfaceIndex: number, parent: number): Buffer {
  const bytes = Buffer.alloc(INFO_LENGTH)
  bytes.writeInt32LE(interfaceIndex, 4)
  bytes.writeUInt32LE(parent, 12)
  return bytes
}
