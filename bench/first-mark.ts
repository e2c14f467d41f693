import { constants, openSync, writeSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import {
  ACTIVITY,
  EXPERIMENT,
  enterLoopback,
  openSender,
  startMarkingFlowd,
  watchMarks,
} from '../test/support/flowd/loopback.ts'

// Claim: from the start of the process to the first packet that carries a mark pass less than 500 ms. A pipe line is
// written as soon as the pipe is there; packets of its flow are sent all the time, and looked at on loopback.
const LIMIT_MS = 500
const RUNS = 7

const loopback = enterLoopback()
const sender = await openSender()
const times: number[] = []
for (let run = 0; run < RUNS; run += 1) {
  let markedMs: number | undefined
  const capture = watchMarks(loopback, () => {
    markedMs ??= performance.now()
  })
  const startMs = performance.now()
  const flowd = startMarkingFlowd()
  const pipe = await openWhenThere(flowd.pipePath)
  writeSync(pipe, `start udp ::1 ${sender.address().port} ::1 9 ${EXPERIMENT} ${ACTIVITY}\n`)
  while (markedMs === undefined) {
    sender.send('x', 9, '::1')
    // Sending all the time would take the processor that flowd needs to start.
    await delay(1)
  }
  times.push(markedMs - startMs)
  capture.stop()
  await flowd.close()
}
sender.close()

times.sort((one, other) => one - other)
const median = times[RUNS >> 1] ?? Number.NaN
console.log(`start to first mark, ${RUNS} runs: ${times.map(ms => ms.toFixed(0)).join(', ')} ms`)
console.log(`median ${median.toFixed(0)} ms of at most ${LIMIT_MS} ms, ratio ${(median / LIMIT_MS).toFixed(2)}`)
process.exit(median < LIMIT_MS ? 0 : 1)

async function openWhenThere(path: string): Promise<number> {
  for (;;) {
    try {
      return openSync(path, constants.O_WRONLY | constants.O_NONBLOCK)
    } catch {
      // Not made yet, or nobody reads it yet.
      await delay(1)
    }
  }
}
