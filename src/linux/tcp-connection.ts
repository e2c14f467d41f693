import { addressBytes } from './ip-address.ts'
import { checked, libc } from './libc.ts'
import type { SocketEnd } from './sock-diag/index.ts'
import { AF, SOCK } from './socket-constants.ts'

const IPPROTO_IPV6 = 41
const IPV6_TCLASS = 67

export interface TcpConnectionOptions {
  source: SocketEnd
  destination: SocketEnd
  /** The traffic class of its packets; the lowest two bits (ECN) stay the kernel's own. */
  trafficClass: number
}

/**
 * Opens a TCP connection over IPv6 with a traffic class, which Node's own sockets cannot set. Blocks until it is made
 * or refused, so it is for peers that are near.
 *
 * @returns the file descriptor, for `new net.Socket({ fd })`, which then owns it
 * @throws TidemarkError SYSTEM_CALL_FAILED
 */
export function connectTcp6(options: TcpConnectionOptions): number {
  const { source, destination, trafficClass } = options
  const fd = checked('opening of a TCP socket', libc().socket(AF.INET6, SOCK.STREAM | SOCK.CLOEXEC, 0))
  try {
    const value = Buffer.from(new Int32Array([trafficClass]).buffer)
    checked('setting of a traffic class', libc().setsockopt(fd, IPPROTO_IPV6, IPV6_TCLASS, value, value.length))
    const [local, remote] = [socketAddress(source), socketAddress(destination)]
    checked(`binding of a TCP socket to ${source.address} port ${source.port}`, libc().bind(fd, local, local.length))
    const peer = `${destination.address} port ${destination.port}`
    checked(`TCP connection to ${peer}`, libc().connect(fd, remote, remote.length))
  } catch (error) {
    libc().close(fd)
    throw error
  }
  return fd
}

/** `struct sockaddr_in6` (netinet/in.h). */
function socketAddress(end: SocketEnd): Buffer {
  const address = Buffer.alloc(28)
  address.writeUInt16LE(AF.INET6, 0)
  address.writeUInt16BE(end.port, 2)
  address.set(addressBytes(end.address), 8)
  return address
}
