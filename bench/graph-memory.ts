import { Graph } from '../src/collector/graph/index.ts'
import { ATTRIBUTE, RECORD_TYPE, type VanRecord } from '../src/vanflow/index.ts'

/** Claim: a million live connections of 1,000 hosts and 50 services grow the process by at most 600 MB. */
const LIMIT_MB = 600
const CONNECTIONS = 1_000_000
const HOSTS = 1000
const SERVICES = 50
const ROUTERS = 10
const T = 1_700_000_000_000_000
const { parent, startTime, sourceHost, sourcePort, octets, octetsReverse, latency, processLatency } = ATTRIBUTE
const { connector, trace, proxyHost, proxyPort, vanAddress } = ATTRIBUTE

function record(type: number, identity: string, codes: number[], values: (string | number)[]): VanRecord {
  return { type, identity, codes, values }
}

/** Resident memory once garbage is gone, in megabytes. */
function residentMb(): number {
  globalThis.gc?.()
  return process.memoryUsage.rss() / 1e6
}

/** A text as it comes from the decoder: of its own, shared with nobody. */
function fresh(text: string): string {
  return Buffer.from(text).toString('latin1')
}

const before = residentMb()
const graph = new Graph({ nowUs: () => T })
const sources = Array.from({ length: ROUTERS }, (_, index) => graph.openSource(`rout${index}:0`, 'ROUTER', T))
for (const [index, source] of sources.entries()) {
  for (let service = 0; service < SERVICES; service += 1) {
    const values = [`rout${index}:0`, T, `service-${service}`]
    const codes = [parent, startTime, vanAddress]
    graph.apply(source, record(RECORD_TYPE.LISTENER, `rout${index}:${1 + service}`, codes, values), T)
    graph.apply(source, record(RECORD_TYPE.CONNECTOR, `rout${index}:${101 + service}`, codes, values), T)
  }
}

for (let number = 0; number < CONNECTIONS; number += 1) {
  const from = number % ROUTERS
  const source = sources[from]!
  const identity = `rout${from}:${1000 + Math.floor(number / ROUTERS)}`
  const service = number % SERVICES
  const host = number % HOSTS
  const began = record(
    RECORD_TYPE.BIFLOW_TPORT,
    fresh(identity),
    [parent, startTime, sourceHost, sourcePort, octets, octetsReverse],
    [
      `rout${from}:${1 + service}`,
      T + number,
      fresh(`10.0.${host >> 8}.${host & 255}`),
      fresh(`${1024 + (number % 60_000)}`),
      0,
      0,
    ],
  )
  graph.apply(source, began, T)
  const other = record(
    RECORD_TYPE.BIFLOW_TPORT,
    fresh(identity),
    [octets, octetsReverse, latency, processLatency, trace, connector, proxyHost, proxyPort],
    [
      1_000_000 + number,
      5_000_000_000 + number,
      1500,
      700,
      fresh(`0/router-${from}|0/hub`),
      `rout${(from + 1) % ROUTERS}:${101 + service}`,
      fresh(`10.9.0.${host & 63}`),
      fresh(`${1024 + (number % 50_000)}`),
    ],
  )
  graph.apply(source, other, T)
}

const grownMb = residentMb() - before
const { live, bytes } = graph.view.statistics()
const counted = graph.view.address('service-0')?.get('currentFlows')
console.log(`live ${live}, ${counted} FLOWs of service-0, estimated ${(bytes / 1e6).toFixed(0)} MB`)
console.log(`${((grownMb * 1e6) / CONNECTIONS).toFixed(0)} bytes a connection`)
console.log(`grown by ${grownMb.toFixed(0)} MB, limit ${LIMIT_MB} MB, ratio ${(LIMIT_MB / grownMb).toFixed(2)}`)
const isComplete = live === CONNECTIONS + 2 * SERVICES * ROUTERS && counted === (2 * CONNECTIONS) / SERVICES
process.exitCode = grownMb <= LIMIT_MB && isComplete ? 0 : 1
