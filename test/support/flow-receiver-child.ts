import rhea, { type EventContext } from 'rhea'
import { Graph } from '../../src/collector/graph/index.ts'
import type { IngestPort } from '../../src/collector/graph/ingest-port.ts'
import { SOURCE_TIMERS, systemClock, VanIngest } from '../../src/collector/ingest/index.ts'
import { Metrics, silentLogger } from '../../src/common/index.ts'
import { RECORD_TYPE } from '../../src/vanflow/index.ts'
import { RECORDS_PER_MESSAGE, STREAM_ADDRESS } from './flow-stream.ts'

/**
 * Receives the stream of the sender child and prints as JSON how many records it took for how much CPU. The first
 * fifth is not measured, so that the code is compiled. `plain` is a rhea receiver that only decodes; `collector` is
 * the collector's way from the socket to the graph.
 *
 * usage: node test/support/flow-receiver-child.ts plain|collector PORT MESSAGES
 */
const [way, port, count] = [process.argv[2], Number(process.argv[3]), Number(process.argv[4])]
const CREDIT = 2000

let seen = 0
let records = 0
let recordsBefore = 0
let cpuBefore = process.cpuUsage()
let wallBefore = 0

function countMessage(recordsInIt: number): void {
  seen += 1
  records += recordsInIt
  if (seen === Math.floor(count / 5)) {
    cpuBefore = process.cpuUsage()
    wallBefore = performance.now()
    recordsBefore = records
  } else if (seen === count) finish()
}

function finish(): void {
  const { user, system } = process.cpuUsage(cpuBefore)
  const measured = records - recordsBefore
  const wallMs = performance.now() - wallBefore
  process.stdout.write(`${JSON.stringify({ records: measured, cpuMs: (user + system) / 1000, wallMs })}\n`)
  process.exit(0)
}

function receivePlain(): void {
  const container = rhea.create_container()
  container.on('message', ({ message }: EventContext) => {
    const body: unknown = message?.body
    if (Array.isArray(body)) countMessage(body.length)
  })
  container
    .connect({ port, host: '127.0.0.1' })
    .open_receiver({ source: `${STREAM_ADDRESS}.flows`, credit_window: CREDIT })
}

async function receiveWithCollector(): Promise<void> {
  const graph = new Graph({ nowUs: systemClock.nowUs })
  const options = {
    endpoint: { host: '127.0.0.1', port, sasl: {}, origin: 'the benchmark' },
    connection: { credit: CREDIT, idleTimeoutMs: 4000, openTimeoutMs: 4000, firstDelayMs: 100, longestDelayMs: 100 },
    inbox: { maxMessages: 200_000, maxBytes: 2 ** 27 },
    timers: SOURCE_TIMERS,
    maxSources: 10,
  }
  let inMessage = 0
  const counted: IngestPort = {
    openSource: (id, type, nowUs) => graph.openSource(id, type, nowUs),
    apply: (source, record, nowUs) => {
      const outcome = graph.apply(source, record, nowUs)
      if (record.type === RECORD_TYPE.BIFLOW_TPORT) inMessage += 1
      if (inMessage === RECORDS_PER_MESSAGE) {
        inMessage = 0
        countMessage(RECORDS_PER_MESSAGE)
      }
      return outcome
    },
    mark: (source, nowUs) => graph.mark(source, nowUs),
    sweep: (source, nowUs) => graph.sweep(source, nowUs),
    closeSource: (source, reason, lastHeardUs, nowUs) => graph.closeSource(source, reason, lastHeardUs, nowUs),
  }
  const metrics = new Metrics({ prefix: 'bench' })
  await new VanIngest(options, { port: counted, clock: systemClock, metrics, log: silentLogger }).start()
}

if (way === 'plain') receivePlain()
else await receiveWithCollector()
