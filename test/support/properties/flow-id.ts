import { deepStrictEqual } from 'node:assert'
import fc from 'fast-check'
import { formatFlowId } from '../../../src/flowd/plugins/api/flow-id.ts'
import { readFlowId } from '../../../src/flowd/plugins/api/read-flow-id.ts'
import { addressFamily, canonicalAddress, REGISTRY_SNAPSHOT, Registry } from '../../../src/scitags/index.ts'

const registry = new Registry(REGISTRY_SNAPSHOT)
const PLAIN = { noNullPrototype: true } as const

const endpoint = fc.record(
  { address: fc.oneof(fc.ipV4(), fc.ipV6()).map(text => canonicalAddress(text) ?? '::'), port: fc.nat(65_535) },
  PLAIN,
)
const time = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER })
const events = fc
  .tuple(
    fc.record(
      {
        state: fc.constantFrom('start' as const, 'end' as const, 'ongoing' as const),
        experiment: fc.nat(1023),
        activity: fc.nat(63),
        application: fc.string({ unit: 'binary', minLength: 1, maxLength: 256 }).filter(text => text.length <= 256),
        startTimeUs: time,
        endTimeUs: time,
      },
      PLAIN,
    ),
    fc.constantFrom('tcp' as const, 'udp' as const),
    endpoint,
    endpoint,
  )
  .map(([rest, protocol, source, destination]) => ({
    ...rest,
    flow: { protocol, family: addressFamily(source.address), source, destination },
  }))

/** An event written as a FlowID is read as it was. */
export function flowIdsRoundTrip(cases: number): void {
  fc.assert(
    fc.property(events, event => {
      const json: unknown = JSON.parse(JSON.stringify(formatFlowId(event)))
      const read = readFlowId(json, registry, 'test')
      deepStrictEqual(read.ok && read.value.event, { ...event, origin: 'test' })
    }),
    { numRuns: cases },
  )
}

/** Any JSON, and FlowIDs with any JSON in their fields, are read or refused with a reason, never thrown at. */
export function flowIdsSurvive(cases: number): void {
  const change = fc.dictionary(
    fc.constantFrom('State', 'Protocol', 'Family', 'Src', 'Dst', 'Experiment', 'Activity', 'StartTs', 'Application'),
    fc.jsonValue(),
  )
  const damaged = fc.tuple(events, change).map(([event, fields]) => ({ ...formatFlowId(event), ...fields }))
  fc.assert(
    fc.property(fc.oneof(fc.jsonValue(), damaged), json => {
      const read = readFlowId(json, registry, 'test')
      return read.ok ? read.value.event.experiment <= 1023 : read.problem !== ''
    }),
    { numRuns: cases },
  )
}
