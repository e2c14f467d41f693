import { TidemarkError } from '../../common/index.ts'
import { libbpf } from '../libbpf.ts'
import { describeErrno, ERRNO } from '../libc.ts'
import type { Direction, Link } from '../netlink/index.ts'
import { attachRefused } from './attach-refused.ts'
import { type BpfLink, ownLink } from './link.ts'
import type { BpfProgram } from './program.ts'

/** linux/bpf.h: the attach types, and the flag that asks for the head of the list. */
const ATTACH_TYPE = { ingress: 46, egress: 47 } as const
const BPF_F_BEFORE = 1 << 3
/** `struct bpf_link_info` as far as a TCX link fills it: type, id, program's id, then the interface's index. */
const LINK_INFO = { bytes: 24, interfaceIndex: 16 } as const

/** A program on one direction of an interface. */
export interface TcxLink extends BpfLink {
  /**
   * Whether it is attached still: not where somebody detached the link (`bpftool link detach`), nor where the interface
   * was deleted.
   *
   * @throws TidemarkError SYSTEM_CALL_FAILED
   */
  isAttached(): boolean
}

/**
 * Attaches a program to one direction of an interface of the current network namespace, before all others there;
 * undefined when the kernel has no TCX (before 6.6).
 *
 * @throws TidemarkError ATTACH_REFUSED, PERMISSION_DENIED
 */
export function attachTcx(program: BpfProgram, link: Link, direction: Direction): TcxLink | undefined {
  // The first fields of bpf_link_create_opts: libbpf takes any length that it is told.
  const options = Buffer.alloc(16)
  options.writeBigUInt64LE(16n, 0)
  options.writeUInt32LE(BPF_F_BEFORE, 8)
  const fd = libbpf().bpf_link_create(program.fd, link.index, ATTACH_TYPE[direction], options)
  if (fd === -ERRNO.EINVAL || fd === -ERRNO.EOPNOTSUPP) return undefined
  if (fd < 0) throw attachRefused(link.name, 'TCX', -fd)
  return { ...ownLink(fd), isAttached: () => attachedTo(fd) === link.index }
}

/** The index of the interface that a TCX link is attached to; 0 for none. */
function attachedTo(fd: number): number {
  const info = Buffer.alloc(LINK_INFO.bytes)
  const length = Buffer.alloc(4)
  length.writeUInt32LE(info.length)
  const result = libbpf().bpf_obj_get_info_by_fd(fd, info, length)
  if (result < 0)
    throw new TidemarkError('SYSTEM_CALL_FAILED', { call: 'look at a TCX link', reason: describeErrno(-result) })
  return info.readUInt32LE(LINK_INFO.interfaceIndex)
}
