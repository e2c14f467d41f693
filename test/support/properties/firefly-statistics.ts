import fc from 'fast-check'
import { blockName, ENRICHMENT, ENRICHMENT_MODES } from '../../../src/flowd/backends/firefly/enrichment/index.ts'
import { fireflyOf } from '../../../src/flowd/backends/firefly/message.ts'
import type { Flow } from '../../../src/flowd/flow.ts'
import type { TcpSample } from '../../../src/flowd/sample.ts'
import { SocketRecord } from '../../../src/linux/sock-diag/socket-record.ts'
import { readTcpInfo } from '../../../src/linux/sock-diag/tcp-info.ts'
import { createFireflyHeader, flowKey, formatFirefly, parseFireflyDatagram } from '../../../src/scitags/index.ts'
import { fiveTuples, times } from './scitags.ts'
import { SOCKET_REPLY } from './socket-reply.ts'

/** What a firefly with lean statistics may have, so that it fits into every IPv6 packet (1280, less two headers). */
const ONE_PACKET_BYTES = 1232

/** How the official collector begins to read a message: fields that are not empty, then the JSON object. */
const COLLECTOR_GRAMMAR = /^<\d{1,3}>\d{1,2} (?:-|\d{4}-\d\d-\d\dT\S+) \S+ \S+ \S+ \S+ (?:-|\[.*?\]) \{.*\}$/s

/** Real replies, cut anywhere, with runs of another byte somewhere: figures of every size, some parts missing. */
const replies = fc
  .record({
    length: fc.oneof(fc.constant(SOCKET_REPLY.length), fc.nat(SOCKET_REPLY.length)),
    runs: fc.array(fc.tuple(fc.nat(SOCKET_REPLY.length), fc.integer({ min: 1, max: 16 }), fc.nat(255)), {
      maxLength: 6,
    }),
  })
  .map(({ length, runs }) => {
    const reply = Buffer.from(SOCKET_REPLY.subarray(0, length))
    for (const [start, count, byte] of runs) reply.fill(byte, Math.min(start, length), Math.min(start + count, length))
    return SocketRecord.of(reply)
  })

const samples: fc.Arbitrary<TcpSample> = fc
  .tuple(replies, fc.constantFrom('netlink', 'skops'), times)
  .map(([socket, source, takenUs]) => ({
    source,
    takenUs,
    tcpInfo: socket?.tcpInfo ?? readTcpInfo(Buffer.alloc(0)),
    congestion: socket?.congestion,
    socket: source === 'netlink' ? socket : undefined,
  }))

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
        (told.value.firefly.usage === undefined) === (flow.usage === undefined)
      )
    }),
    { numRuns: cases },
  )
}
