import koffi from 'koffi'

/**
 * TCP sockets over ::1 by system calls that block, for processes that open and close connections faster than Node's
 * sockets could. Blocks the event loop.
 */
const libc = koffi.load(null)
const socket = libc.func('int socket(int domain, int type, int protocol)')
const connect = libc.func('int connect(int fd, const void *address, uint32_t length)')
const listen = libc.func('int listen(int fd, int backlog)')
const accept = libc.func('int accept(int fd, void *address, void *length)')
const getsockname = libc.func('int getsockname(int fd, void *address, void *length)')
const setsockopt = libc.func('int setsockopt(int fd, int level, int option, const void *value, uint32_t length)')
const close = libc.func('int close(int fd)')

const [AF_INET6, SOCK_STREAM, SOL_SOCKET, SO_LINGER] = [10, 1, 1, 13]
/** `struct sockaddr_in6` (linux/in6.h). */
const ADDRESS_BYTES = 28
const LINGER_NO_TIME = Buffer.from('0100000000000000', 'hex')

/** A call that must not fail. */
function must(call: string, result: number): number {
  if (result < 0) throw new Error(`${call} failed: errno ${koffi.errno()}`)
  return result
}

/** ::1 with a port, as `struct sockaddr_in6`. */
export function loopbackAddress(port: number): Buffer {
  const address = Buffer.alloc(ADDRESS_BYTES)
  address.writeUInt16LE(AF_INET6, 0)
  address.writeUInt16BE(port, 2)
  address[23] = 1
  return address
}

/** Listens on a free port of every address. */
export function listenSomewhere(backlog: number): { listener: number; port: number } {
  const listener = openSocket()
  must('listen', listen(listener, backlog) as number)
  const address = Buffer.alloc(ADDRESS_BYTES)
  must('getsockname', getsockname(listener, address, Buffer.from(new Uint32Array([address.length]).buffer)) as number)
  return { listener, port: address.readUInt16BE(2) }
}

export function openSocket(): number {
  return must('socket', socket(AF_INET6, SOCK_STREAM, 0) as number)
}

/** Whether the connection came to be. */
export function connectTo(fd: number, address: Buffer): boolean {
  return connect(fd, address, address.length) === 0
}

/** Takes the next connection and closes it; false when it has failed meanwhile. */
export function acceptAndClose(listener: number): boolean {
  const connection = accept(listener, null, null) as number
  if (connection < 0) return false
  closeSocket(connection)
  return true
}

/** A close becomes a reset, which leaves no TIME_WAIT that would use up the ports. */
export function resetAtClose(fd: number): void {
  must('setsockopt', setsockopt(fd, SOL_SOCKET, SO_LINGER, LINGER_NO_TIME, LINGER_NO_TIME.length) as number)
}

export function closeSocket(fd: number): void {
  must('close', close(fd) as number)
}
