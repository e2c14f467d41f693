import { connect } from 'node:net'

/**
 * Many watch clients in a process of their own. Each object's `octets` is the moment of its event in microseconds of
 * the machine's monotonic clock; the delay until each client has read it is what is measured.
 *
 * usage: node watch-clients-child.ts PORT PATH CLIENTS STALLED; on the message `report` it sends what it measured.
 */
const [port = '', path = '', clients = '', stalled = ''] = process.argv.slice(2)
const STAMP = /"octets":(\d+)/g
/** Delays in milliseconds, by rounding down; the last holds all longer ones. */
const delays = new Uint32Array(10_000)
let objects = 0
let connected = 0
let closed = 0

function watch(isReading: boolean): void {
  const socket = connect(Number(port), '127.0.0.1')
  socket.write(`GET ${path} HTTP/1.1\r\nHost: bench\r\n\r\n`)
  socket.once('data', () => {
    connected += 1
    if (!isReading) socket.pause()
    else socket.on('data', read)
    if (connected === Number(clients) + Number(stalled)) process.send?.('ready')
  })
  socket.once('close', () => {
    closed += 1
  })
  socket.on('error', () => socket.destroy())
}

function read(data: Buffer): void {
  const nowUs = Number(process.hrtime.bigint() / 1000n)
  // An object that two reads share is not measured; that is one in hundreds.
  for (const stamp of data.toString('latin1').matchAll(STAMP)) {
    const delayMs = Math.floor((nowUs - Number(stamp[1])) / 1000)
    const bucket = Math.max(0, Math.min(delayMs, delays.length - 1))
    delays[bucket] = (delays[bucket] ?? 0) + 1
    objects += 1
  }
}

function quantile(share: number): number {
  let below = 0
  for (const [ms, count] of delays.entries()) {
    below += count
    if (below >= objects * share) return ms + 1
  }
  return delays.length
}

for (let client = 0; client < Number(clients); client += 1) watch(true)
for (let client = 0; client < Number(stalled); client += 1) watch(false)

process.on('message', message => {
  if (message === 'clear') {
    delays.fill(0)
    objects = 0
  } else {
    process.send?.({ objects, closed, p50: quantile(0.5), p99: quantile(0.99), max: quantile(1) })
  }
})
