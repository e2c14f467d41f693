import { setTimeout as delay } from 'node:timers/promises'
import koffi from 'koffi'

/**
 * Opens and closes TCP connections with itself over ::1 at a given pace, until it is killed: the accepting side closes
 * first, so each connection leaves a TIME_WAIT. Prints `ready`, and each second how many connections it has made.
 * usage: paced-churn-child.ts CONNECTIONS-A-SECOND
 */
const libc = koffi.load(null)
const socket = libc.func('int socket(int domain, int type, int protocol)')
const connect = libc.func('int connect(int fd, const void *address, uint32_t length)')
const listen = libc.func('int listen(int fd, int backlog)')
const accept = libc.func('int accept(int fd, void *address, void *length)')
const getsockname = libc.func('int getsockname(int fd, void *address, void *length)')
const close = libc.func('int close(int fd)')

const [AF_INET6, SOCK_STREAM, BACKLOG, TURN_MS] = [10, 1, 128, 10]
const rate = Number(process.argv[2])

/** A call that must not fail. */
function must(call: string, result: number): number {
  if (result < 0) throw new Error(`${call} failed: errno ${koffi.errno()}`)
  return result
}

const listener = must('socket', socket(AF_INET6, SOCK_STREAM, 0) as number)
must('listen', listen(listener, BACKLOG) as number)
const address = Buffer.alloc(28)
must('getsockname', getsockname(listener, address, Buffer.from(new Uint32Array([address.length]).buffer)) as number)
// From :: to ::1.
address[23] = 1

console.log('ready')
const startMs = performance.now()
let [made, told] = [0, 0]
for (;;) {
  const due = ((performance.now() - startMs) / 1000) * rate
  for (; made < due; made += 1) {
    const client = must('socket', socket(AF_INET6, SOCK_STREAM, 0) as number)
    must('connect', connect(client, address, address.length) as number)
    close(must('accept', accept(listener, null, null) as number))
    close(client)
  }
  if (performance.now() - startMs >= (told + 1) * 1000) {
    told += 1
    console.log(made)
  }
  await delay(TURN_MS)
}
