import { readdirSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'
import { checked, libc } from './libc.ts'
import { getReceiveBuffer, setReceiveBuffer } from './receive-buffer.ts'
import { AF, SOCK } from './socket-constants.ts'
import { udpRow } from './udp-row.ts'

const DESCRIPTORS = '/proc/thread-self/fd'

/**
 * Sets the receive buffer of a bound UDP socket of this process, beyond net.core.rmem_max where CAP_NET_ADMIN permits
 * it. Node's own call stops at that limit, whatever the process may do.
 *
 * @returns the bytes that the kernel grants; undefined when there is no such socket, or nothing tells of it, as on other
 *   kernels than Linux
 * @throws TidemarkError SYSTEM_CALL_FAILED
 */
export function setUdpReceiveBuffer(address: string, port: number, bytes: number): number | undefined {
  if (process.platform !== 'linux') return undefined
  const row = udpRow(address, port)
  const fd = row === undefined ? undefined : descriptorOf(`socket:[${row.inode}]`)
  return fd === undefined ? undefined : granted(fd, bytes)
}

/**
 * The receive buffer that a UDP socket of this process is granted when it asks for one of this size.
 *
 * @throws TidemarkError SYSTEM_CALL_FAILED, PLATFORM_UNSUPPORTED
 */
export function grantedUdpReceiveBuffer(bytes: number): number {
  const fd = checked('opening of a UDP socket', libc().socket(AF.INET, SOCK.DGRAM | SOCK.CLOEXEC, 0))
  try {
    return granted(fd, bytes)
  } finally {
    libc().close(fd)
  }
}

function granted(fd: number, bytes: number): number {
  setReceiveBuffer(fd, bytes)
  return getReceiveBuffer(fd)
}

/** The file descriptor of this process that leads to something, by the name that its link has. */
function descriptorOf(name: string): number | undefined {
  const found = readdirSync(DESCRIPTORS).find(descriptor => linkOf(descriptor) === name)
  return found === undefined ? undefined : Number(found)
}

/** The descriptor by which the list was read is closed by now. */
function linkOf(descriptor: string): string | undefined {
  try {
    return readlinkSync(join(DESCRIPTORS, descriptor))
  } catch {
    return undefined
  }
}
