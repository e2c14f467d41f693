import { constants, openSync, writeSync } from 'node:fs'
import { setImmediate as turn } from 'node:timers/promises'
import {
  ACTIVITY,
  EXPERIMENT,
  enterLoopback,
  openSender,
  startMarkingFlowd,
  watchMarks,
} from '../test/support/flowd/loopback.ts'

// Claim: a mark is in the kernel within 5 ms (p99) of its pipe line. From the line on, packets of its flow are sent
// every tenth of a millisecond; the first that carries the mark shows that it is there. So each figure is an upper
// bound: it holds the sending, the capture and this process's own turns as well. The median of the rounds is judged.
const LIMIT_MS = 5
const ROUNDS = 3
const FLOWS = 1000
const FIRST_PORT = 10_000
const PAUSE_MS = 0.1

const loopback = enterLoopback()
const sender = await openSender()
const flowd = startMarkingFlowd()
await flowd.ready
const pipe = openSync(flowd.pipePath, constants.O_WRONLY | constants.O_NONBLOCK)
const markedMs = new Map<number, number>()
const capture = watchMarks(loopback, packet => {
  if (!markedMs.has(packet.destinationPort)) markedMs.set(packet.destinationPort, performance.now())
})
const never = new Int32Array(new SharedArrayBuffer(4))

/** From the pipe line of a flow to its first marked packet. */
async function measure(port: number): Promise<number> {
  const writtenMs = performance.now()
  writeSync(pipe, `start udp ::1 ${sender.address().port} ::1 ${port} ${EXPERIMENT} ${ACTIVITY}\n`)
  for (;;) {
    sender.send('x', port, '::1')
    await turn()
    const marked = markedMs.get(port)
    if (marked !== undefined) return marked - writtenMs
    // Leaves the processor to flowd; a timer would wait for a whole millisecond.
    Atomics.wait(never, 0, 0, PAUSE_MS)
  }
}

const p99s: number[] = []
for (let round = 0; round < ROUNDS; round += 1) {
  const latencies: number[] = []
  const first = FIRST_PORT + round * FLOWS
  for (let port = first; port < first + FLOWS; port += 1) latencies.push(await measure(port))
  latencies.sort((one, other) => one - other)
  const at = (share: number) => latencies[Math.floor(share * (FLOWS - 1))] ?? Number.NaN
  p99s.push(at(0.99))
  const figures = `p50 ${at(0.5).toFixed(2)} ms, p99 ${at(0.99).toFixed(2)} ms, most ${at(1).toFixed(2)} ms`
  console.log(`pipe line to mark, ${FLOWS} flows: ${figures}`)
}
capture.stop()
sender.close()
await flowd.close()

p99s.sort((one, other) => one - other)
const p99 = p99s[ROUNDS >> 1] ?? Number.NaN
console.log(`p99 ${p99.toFixed(2)} ms of at most ${LIMIT_MS} ms, ratio ${(p99 / LIMIT_MS).toFixed(2)}`)
process.exit(p99 < LIMIT_MS ? 0 : 1)
