import { TidemarkError } from '../../common/index.ts'
import { libbpf } from '../libbpf.ts'
import { describeErrno, ERRNO } from '../libc.ts'
import type { Link } from '../netlink/index.ts'
import { type BpfLink, ownLink } from './link.ts'
import type { BpfProgram } from './program.ts'

/** linux/bpf.h: the attach type, and the flag that asks for the head of the list. */
const BPF_TCX_EGRESS = 47
const BPF_F_BEFORE = 1 << 3

/**
 * Attaches a program to the egress of an interface of the current network namespace, before all others there; undefined
 * when the kernel has no TCX (before 6.6).
 *
 * @throws TidemarkError ATTACH_REFUSED, PERMISSION_DENIED
 */
export function attachTcx(program: BpfProgram, link: Link): BpfLink | undefined {
  // The first fields of bpf_link_create_opts: libbpf takes any length that it is told.
  const options = Buffer.alloc(16)
  options.writeBigUInt64LE(16n, 0)
  options.writeUInt32LE(BPF_F_BEFORE, 8)
  const fd = libbpf().bpf_link_create(program.fd, link.index, BPF_TCX_EGRESS, options)
  if (fd === -ERRNO.EINVAL || fd === -ERRNO.EOPNOTSUPP) return undefined
  if (fd < 0) throw attachRefused(link.name, 'TCX', -fd)
  return ownLink(fd)
}

export function attachRefused(name: string, how: string, errno: number): TidemarkError {
  const reason = describeErrno(errno)
  if (errno === ERRNO.EPERM || errno === ERRNO.EACCES) {
    return new TidemarkError('PERMISSION_DENIED', { call: `attaching to ${name}`, reason })
  }
  return new TidemarkError('ATTACH_REFUSED', { interface: name, how, reason })
}
