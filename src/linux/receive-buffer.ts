import { checked, libc } from './libc.ts'
import { SOL } from './socket-constants.ts'

const SO_RCVBUF = 8
const SO_RCVBUFFORCE = 33

/**
 * Sets how much the kernel may hold for a socket until it is read. Without CAP_NET_ADMIN the system's own limit
 * (net.core.rmem_max) holds.
 *
 * @throws TidemarkError SYSTEM_CALL_FAILED
 */
export function setReceiveBuffer(fd: number, bytes: number): void {
  const size = Buffer.alloc(4)
  size.writeInt32LE(bytes)
  if (libc().setsockopt(fd, SOL.SOCKET, SO_RCVBUFFORCE, size, size.length) >= 0) return
  checked('setting of a receive buffer', libc().setsockopt(fd, SOL.SOCKET, SO_RCVBUF, size, size.length))
}
