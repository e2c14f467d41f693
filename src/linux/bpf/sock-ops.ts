import { closeSync, constants, openSync } from 'node:fs'
import { messageOf, TidemarkError } from '../../common/index.ts'
import { libbpf } from '../libbpf.ts'
import { describeErrno } from '../libc.ts'
import { type BpfLink, ownLink } from './link.ts'
import type { BpfProgram } from './program.ts'

/** linux/bpf.h */
const BPF_CGROUP_SOCK_OPS = 3

/**
 * Attaches a program to what the TCP sockets of a cgroup and of all below it go through, beside the programs of others.
 * A socket belongs to the cgroup that its process was in when it was made.
 *
 * @param cgroupPath a folder of cgroup v2 (see `resolveCgroup`)
 * @throws TidemarkError CGROUP_ATTACH_REFUSED
 */
export function attachSockOps(program: BpfProgram, cgroupPath: string): BpfLink {
  let folder: number
  try {
    folder = openSync(cgroupPath, constants.O_RDONLY | constants.O_DIRECTORY)
  } catch (error) {
    throw new TidemarkError('CGROUP_ATTACH_REFUSED', { path: cgroupPath, reason: messageOf(error) }, error)
  }
  try {
    const fd = libbpf().bpf_link_create(program.fd, folder, BPF_CGROUP_SOCK_OPS, null)
    if (fd < 0) throw new TidemarkError('CGROUP_ATTACH_REFUSED', { path: cgroupPath, reason: describeErrno(-fd) })
    return ownLink(fd)
  } finally {
    closeSync(folder)
  }
}
