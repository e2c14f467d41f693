import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as delay, setImmediate as nextTurn } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { silentLogger } from '../src/common/index.ts'
import { SocketWatch } from '../src/flowd/plugins/socket-watch/index.ts'
import { enterLoopback } from '../test/support/flowd/loopback.ts'

// Claim: to watch 50,000 sockets for what comes and goes takes at most 15 % of a processor, at a look a second or two,
// and at most 50 ms of it at a time. Processor time is measured, so that a busy machine does not blur it.
const CONNECTIONS = 25_000
/** More, because one may not hold that many. */
const PROCESSES = 5
const CHILD = fileURLToPath(new URL('../test/support/connections-child.ts', import.meta.url))
const SECONDS = 10
const CPU_LIMIT = 0.15
const TURN_LIMIT_MS = 50

enterLoopback()
const children = Array.from({ length: PROCESSES }, () =>
  spawn(process.execPath, [CHILD, String(CONNECTIONS / PROCESSES)], { stdio: ['pipe', 'pipe', 'inherit'] }),
)
await Promise.all(children.map(child => once(child.stdout, 'data')))

let looks = 0
let busyMs = 0
const watch = new SocketWatch({
  periodMs: 1000,
  log: silentLogger,
  openTable: undefined,
  onLook: async ({ turns }) => {
    looks += 1
    busyMs = turns.busyMs
  },
})
await watch.start()
while (looks === 0) await delay(10)
const firstMs = busyMs
// The pause after the first look is longer than the others.
while (looks === 1) await delay(10)

looks = 0
const usedMs = processorMs()
const beganMs = performance.now()
await delay(SECONDS * 1000)
const cpu = (processorMs() - usedMs) / (performance.now() - beganMs)
const seen = looks

looks = 0
let longestMs = 0
while (looks < 3) {
  const before = processorMs()
  await nextTurn()
  longestMs = Math.max(longestMs, processorMs() - before)
}
await watch.stop()
for (const child of children) child.kill()

console.log(`${watch.size} sockets, ${seen} looks in ${SECONDS} s`)
console.log(
  `CPU of the first look, which reads all of each: ${firstMs.toFixed(0)} ms; of the last: ${busyMs.toFixed(0)} ms`,
)
console.log(`CPU ${(100 * cpu).toFixed(1)} % of at most ${100 * CPU_LIMIT} %, ratio ${(cpu / CPU_LIMIT).toFixed(2)}`)
console.log(
  `longest turn ${longestMs.toFixed(1)} ms of at most ${TURN_LIMIT_MS} ms, ratio ${(longestMs / TURN_LIMIT_MS).toFixed(2)}`,
)
process.exit(cpu <= CPU_LIMIT && longestMs <= TURN_LIMIT_MS && watch.size >= 2 * CONNECTIONS ? 0 : 1)

function processorMs(): number {
  const { user, system } = process.threadCpuUsage()
  return (user + system) / 1000
}
