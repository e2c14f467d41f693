import koffi from 'koffi'

/**
 * Opens and closes TCP connections over ::1 as fast as one process can, by system calls that block: Node's sockets would
 * be the slower part.
 * usage: churn-child.ts accept | connect PORT SECONDS
 * `accept` prints `port N` and takes connections until it is killed; `connect` prints how many it opened and closed.
 */
const libc = koffi.load(null)
const socket = libc.func('int socket(int domain, int type, int protocol)')
const connect = libc.func('int connect(int fd, const void *address, uint32_t length)')
const listen = libc.func('int listen(int fd, int backlog)')
const accept = libc.func('int accept(int fd, void *address, void *length)')
const getsockname = libc.func('int getsockname(int fd, void *address, void *length)')
const setsockopt = libc.func('int setsockopt(int fd, int level, int option, const void *value, uint32_t length)')
const close = libc.func('int close(int fd)')

const [AF_INET6, SOCK_STREAM, SOL_SOCKET, SO_LINGER, BACKLOG] = [10, 1, 1, 13, 4096]
/** On, with no time: a close is a reset, which leaves no TIME_WAIT that would use up the ports. */
const LINGER = Buffer.from('0100000000000000', 'hex')
const CONNECTIONS_PER_LOOK = 64

/** A call that must not fail. */
function must(call: string, result: number): number {
  if (result < 0) throw new Error(`${call} failed: errno ${koffi.errno()}`)
  return result
}

/** `struct sockaddr_in6` of ::1. */
function loopback(port: number): Buffer {
  const address = Buffer.alloc(28)
  address.writeUInt16LE(AF_INET6, 0)
  address.writeUInt16BE(port, 2)
  address[23] = 1
  return address
}

function takeConnections(): never {
  const listener: number = must('socket', socket(AF_INET6, SOCK_STREAM, 0) as number)
  must('listen', listen(listener, BACKLOG) as number)
  const address = Buffer.alloc(28)
  const length = Buffer.from(new Uint32Array([address.length]).buffer)
  must('getsockname', getsockname(listener, address, length) as number)
  process.stdout.write(`port ${address.readUInt16BE(2)}\n`)
  for (;;) {
    const connection = accept(listener, null, null) as number
    if (connection >= 0) close(connection)
  }
}

function openAndClose(port: number, seconds: number): number {
  const address = loopback(port)
  const deadline = performance.now() + seconds * 1000
  let count = 0
  while (performance.now() < deadline) {
    for (let round = 0; round < CONNECTIONS_PER_LOOK; round += 1) {
      const fd: number = must('socket', socket(AF_INET6, SOCK_STREAM, 0) as number)
      setsockopt(fd, SOL_SOCKET, SO_LINGER, LINGER, LINGER.length)
      if (connect(fd, address, address.length) === 0) count += 1
      close(fd)
    }
  }
  return count
}

const [mode, port, seconds] = process.argv.slice(2)
if (mode === 'accept') takeConnections()
else console.log(openAndClose(Number(port), Number(seconds)))
