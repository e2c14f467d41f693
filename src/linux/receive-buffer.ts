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
  const size = word(bytes)
  if (libc().setsockopt(fd, SOL.SOCKET, SO_RCVBUFFORCE, size, size.length) >= 0) return
  checked('setting of a receive buffer', libc().setsockopt(fd, SOL.SOCKET, SO_RCVBUF, size, size.length))
}

/**
 * How much the kernel holds for a socket, as it was asked for: Linux keeps twice that, for its own books (socket(7)).
 *
 * @throws TidemarkError SYSTEM_CALL_FAILED
 */
export function getReceiveBuffer(fd: number): number {
  const size = word(0)
  checked('reading of a receive buffer', libc().getsockopt(fd, SOL.SOCKET, SO_RCVBUF, size, word(size.length)))
  return size.readInt32LE() / 2
}

function word(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32LE(value)
  return bytes
}
