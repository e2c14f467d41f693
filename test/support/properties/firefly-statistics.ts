import fc from 'fast-check'
import { blockName, ENRICHMENT, ENRICHMENT_MODES } from '../../../src/flowd/backends/firefly/enrichment/index.ts'
import { fireflyOf } from '../../../src/flowd/backends/firefly/message.ts'
import type { Flow } from '../../../src/flowd/flow.ts'
import type { TcpSample } from '../../../src/flowd/sample.ts'
import { SocketRecord } from '../../../src/linux/sock-diag/socket-record.ts'
import { decodeTcpInfo } from '../../../src/linux/sock-diag/tcp-info.ts'
import { createFireflyHeader, flowKey, formatFirefly, parseFireflyDatagram } from '../../../src/scitags/index.ts'
import { fiveTuples, times } from './scitags.ts'
import { SOCKET_REPLY } from './socket-reply.ts'

/** What a firefly with lean statistics may have, so that it fits into every IPv6 packet (1280, less two headers). */
const ONE_PACKET_BYTES = 1232

/** How the official collector begins to read a message: fields that are not empty, then the JSON object. */
const COLLECTOR_GRAMMAR = /^<\d{1,3}>\d{1,2} (?:-|\d{4}-\d\d-\d\dT\S+) \S+ \S+ \S+ \S+ (?:-|\[.*?\]) \{.*\}$/s

const bytes = (maxLength: number) => fc.uint8Array({ maxLength }).map(array => Buffer.from(array))

/** Real replies with other bytes somewhere, so that figures of every size and blocks of every kind occur. */
const sockets = fc.array(fc.tuple(fc.nat(SOCKET_REPLY.length - 1), fc.nat(255)), { maxLength: 8 }).map(changes => {
  const reply = Buffer.from(SOCKET_REPLY)
  for (const [position, value] of changes) reply[position] = value
  return SocketRecord.of(reply)
})

const samples: fc.Arbitrary<TcpSample> = fc.record({
  source: fc.constantFrom('netlink', 'skops'),
  takenUs: times,
  tcpInfo: bytes(260).map(decodeTcpInfo),
  congestion: fc.option(fc.string({ maxLength: 15 }), { nil: undefined }),
  socket: fc.option(sockets, { nil: undefined }),
})

const counts = fc.maxSafeNat()
const flows: fc.Arbitrary<Flow> = fc.record({
  key: fc.constant(''),
  tuple: fiveTuples,
  experiment: fc.nat(1023),
  activity: fc.nat(63),
  application: fc.string({ unit: 'binary', maxLength: 50 }),
  label: fc.constant(undefined),
  origin: fc.constant('test'),
  startTimeUs: times,
  endTimeUs: fc.option(times, { nil: undefined }),
  usage: fc.option(fc.record({ receivedBytes: counts, sentBytes: counts }), { nil: undefined }),
})

/** Every firefly of any flow and samples, in every state and mode, passes `conforms` (the schema) and is read again. */
export function sentFirefliesConform(cases: number, conforms: (json: unknown) => boolean): void {
  const header = createFireflyHeader({ hostname: 'host.example', appName: 'tidemark-1.2.3' })
  const states = fc.constantFrom('start' as const, 'ongoing' as const, 'end' as const)
  const modes = fc.constantFrom(...ENRICHMENT_MODES)
  const read = fc.array(samples, { maxLength: 2 })
  fc.assert(
    fc.property(states, flows, modes, read, times, (state, flow, mode, taken, nowUs) => {
      const blocks = Object.fromEntries(taken.map(sample => [blockName(sample), ENRICHMENT[mode](sample)]))
      const json = formatFirefly(fireflyOf(state, flow, blocks, nowUs))
      const datagram = header(nowUs) + json
      const told = parseFireflyDatagram(datagram)
      return (
        conforms(JSON.parse(json)) &&
        COLLECTOR_GRAMMAR.test(datagram) &&
        (mode !== 'lean' || taken.length > 1 || Buffer.byteLength(datagram) <= ONE_PACKET_BYTES) &&
        told.ok &&
        told.value.header?.timestampUs === nowUs &&
        told.value.firefly.state === state &&
        flowKey(told.value.firefly.flow) === flowKey(flow.tuple) &&
        (told.value.firefly.usage === undefined) === (state === 'start' || flow.usage === undefined)
      )
    }),
    { numRuns: cases },
  )
}
