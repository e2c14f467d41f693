import { setTimeout as delay } from 'node:timers/promises'
import {
  acceptAndClose,
  closeSocket,
  connectTo,
  listenSomewhere,
  loopbackAddress,
  openSocket,
} from './blocking-sockets.ts'

/**
 * Opens and closes TCP connections with itself over ::1 at a given pace, until it is killed: the accepting side closes
 * first, so each connection leaves a TIME_WAIT. Prints `ready`, and each second how many connections it has made.
 * usage: paced-churn-child.ts CONNECTIONS-A-SECOND
 */
const TURN_MS = 10
const rate = Number(process.argv[2])
const { listener, port } = listenSomewhere(128)
const address = loopbackAddress(port)

console.log('ready')
const startMs = performance.now()
let [made, told] = [0, 0]
for (;;) {
  const due = ((performance.now() - startMs) / 1000) * rate
  for (; made < due; made += 1) {
    const client = openSocket()
    if (!connectTo(client, address) || !acceptAndClose(listener)) throw new Error('a connection failed')
    closeSocket(client)
  }
  if (performance.now() - startMs >= (told + 1) * 1000) {
    told += 1
    console.log(made)
  }
  await delay(TURN_MS)
}
