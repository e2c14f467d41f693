import { fork } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { RunningApi } from '../test/support/running-api.ts'

/**
 * Claim: 1,000 clients that watch get each of 100 changes a second within 50 ms (p99), while ten others do not read at
 * all. The collector's end is this process; the clients have one of their own. The median of several rounds counts,
 * since other work on the machine delays both.
 */
const CLIENTS = 1000
const STALLED = 10
const RECORDS = 50
const EVENTS_PER_SECOND = 100
const ROUNDS = 7
const ROUND_MS = 3000
const LIMIT_MS = 50

interface Report {
  objects: number
  closed: number
  p50: number
  p99: number
  max: number
}

await using api = await RunningApi.start()

/** Something happens to a listener: the moment is told in its `octets`, in microseconds of the monotonic clock. */
function change(number: number): void {
  api.view.put('LISTENER', `fz6wq:${number}`, {
    parent: 'fz6wq:0',
    startTime: 1_700_000_000_000_000,
    name: `backend-${number}`,
    vanAddress: `backend-${number}:8080`,
    protocol: 'tcp',
    destHost: '0.0.0.0',
    destPort: '1024',
    octets: Number(process.hrtime.bigint() / 1000n),
  })
}

for (let number = 0; number < RECORDS; number += 1) change(number)
const { port } = new URL(api.server.address)
const path = '/api/v1alpha1/listeners?watch=1'
const clients = fork('test/support/watch-clients-child.ts', [port, path, String(CLIENTS), String(STALLED)])
await once(clients, 'message')

let sent = 0
const began = performance.now()
const timer = setInterval(() => {
  // Timers come late: what is due by now happens now.
  const due = Math.floor(((performance.now() - began) / 1000) * EVENTS_PER_SECOND)
  for (; sent < due; sent += 1) change(sent % RECORDS)
}, 2)

await sleep(2000)
const reports: Report[] = []
for (let round = 1; round <= ROUNDS; round += 1) {
  clients.send('clear')
  const sentBefore = sent
  const cpuBefore = process.cpuUsage()
  await sleep(ROUND_MS)
  clients.send('report')
  const [report] = (await once(clients, 'message')) as [Report]
  const { user, system } = process.cpuUsage(cpuBefore)
  reports.push(report)
  console.log(
    `round ${round}: ${sent - sentBefore} events, ${report.objects} deliveries measured; delay p50 ${report.p50} ms, ` +
      `p99 ${report.p99} ms, most ${report.max} ms; ${((user + system) / 10 / ROUND_MS).toFixed(0)} % of a core`,
  )
}
clearInterval(timer)
clients.kill()

const p99 = reports.map(report => report.p99).sort((a, b) => a - b)[ROUNDS >> 1] ?? Number.POSITIVE_INFINITY
const lost = reports.at(-1)?.closed ?? 0
const least = 0.95 * CLIENTS * EVENTS_PER_SECOND * (ROUND_MS / 1000)
const isComplete = lost === 0 && reports.every(report => report.objects >= least)
console.log(
  `${CLIENTS} clients read, ${STALLED} do not; ${lost} were lost; ${isComplete ? 'all' : 'NOT all'} was delivered`,
)
console.log(`median p99 ${p99} ms of ${LIMIT_MS} ms: ratio ${(p99 / LIMIT_MS).toFixed(2)}`)
process.exitCode = p99 <= LIMIT_MS && isComplete ? 0 : 1
