import {
  acceptAndClose,
  closeSocket,
  connectTo,
  listenSomewhere,
  loopbackAddress,
  openSocket,
  resetAtClose,
} from '../blocking-sockets.ts'

/**
 * Opens and closes TCP connections over ::1 as fast as one process can.
 * usage: churn-child.ts accept | connect PORT SECONDS
 * `accept` prints `port N` and takes connections until it is killed; `connect` prints how many it opened and closed.
 */
const BACKLOG = 4096
const CONNECTIONS_PER_LOOK = 64

function takeConnections(): never {
  const { listener, port } = listenSomewhere(BACKLOG)
  process.stdout.write(`port ${port}\n`)
  for (;;) acceptAndClose(listener)
}

function openAndClose(port: number, seconds: number): number {
  const address = loopbackAddress(port)
  const deadline = performance.now() + seconds * 1000
  let count = 0
  while (performance.now() < deadline) {
    for (let round = 0; round < CONNECTIONS_PER_LOOK; round += 1) {
      const fd = openSocket()
      resetAtClose(fd)
      if (connectTo(fd, address)) count += 1
      closeSocket(fd)
    }
  }
  return count
}

const [mode, port, seconds] = process.argv.slice(2)
if (mode === 'accept') takeConnections()
else console.log(openAndClose(Number(port), Number(seconds)))
