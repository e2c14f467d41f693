import { libbpf } from '../libbpf.ts'
import { ERRNO } from '../libc.ts'
import type { Direction, Link } from '../netlink/index.ts'
import { attachRefused } from './attach-refused.ts'
import type { BpfProgram } from './program.ts'

/** bpf/libbpf.h: `enum bpf_tc_attach_point`; both together name the whole clsact qdisc. */
const ATTACH_POINT = { ingress: 1, egress: 2 } as const
const BOTH = 3

/** Where a filter stands on a clsact qdisc. */
export interface FilterPlace {
  /** By default egress. */
  direction?: Direction
  priority: number
  handle: number
}

/**
 * Makes the clsact qdisc of an interface; false when it has one already.
 *
 * @throws TidemarkError ATTACH_REFUSED, PERMISSION_DENIED
 */
export function createClsact(link: Link): boolean {
  const result = libbpf().bpf_tc_hook_create(hook(link, BOTH))
  if (result === -ERRNO.EEXIST) return false
  if (result < 0) throw attachRefused(link.name, 'clsact', -result)
  return true
}

/**
 * Removes the clsact qdisc of an interface with everything on it.
 *
 * @throws TidemarkError ATTACH_REFUSED, PERMISSION_DENIED
 */
export function destroyClsact(link: Link): void {
  const result = libbpf().bpf_tc_hook_destroy(hook(link, BOTH))
  if (result < 0 && result !== -ERRNO.ENOENT) throw attachRefused(link.name, 'clsact', -result)
}

/**
 * Puts a program as a direct-action filter on an interface's clsact. libbpf names the filter
 * `PROGRAM:[ID]`. It stays after the process ends.
 *
 * @throws TidemarkError ATTACH_REFUSED (the place is taken, ...), PERMISSION_DENIED
 */
export function attachFilter(program: BpfProgram, link: Link, place: FilterPlace): void {
  const result = libbpf().bpf_tc_attach(
    hook(link, ATTACH_POINT[place.direction ?? 'egress']),
    filterOptions(place, program.fd),
  )
  if (result < 0) throw attachRefused(link.name, 'clsact', -result)
}

/**
 * Removes the filter at a place; nothing happens when there is none.
 *
 * @throws TidemarkError ATTACH_REFUSED, PERMISSION_DENIED
 */
export function detachFilter(link: Link, place: FilterPlace): void {
  const result = libbpf().bpf_tc_detach(hook(link, ATTACH_POINT[place.direction ?? 'egress']), filterOptions(place, 0))
  if (result < 0 && result !== -ERRNO.ENOENT) throw attachRefused(link.name, 'clsact', -result)
}

/** `struct bpf_tc_hook`: size, interface, attach point, parent. */
function hook(link: Link, attachPoint: number): Buffer {
  const bytes = Buffer.alloc(24)
  bytes.writeBigUInt64LE(24n, 0)
  bytes.writeInt32LE(link.index, 8)
  bytes.writeUInt32LE(attachPoint, 12)
  return bytes
}

/** `struct bpf_tc_opts`: size, program's descriptor, flags, program's id, handle, priority. */
function filterOptions(place: FilterPlace, programFd: number): Buffer {
  const bytes = Buffer.alloc(32)
  bytes.writeBigUInt64LE(32n, 0)
  bytes.writeInt32LE(programFd, 8)
  bytes.writeUInt32LE(place.handle, 20)
  bytes.writeUInt32LE(place.priority, 24)
  return bytes
}
