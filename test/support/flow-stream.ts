import { ATTRIBUTE, encodeRecords, RECORD_TYPE, type RecordToSend } from '../../src/vanflow/index.ts'

/** The router that the stream's flows come from. */
export const STREAM_SOURCE = 'bench:0'
export const STREAM_ADDRESS = `mc/sfe.${STREAM_SOURCE}`
export const RECORDS_PER_MESSAGE = 50
/** A new record and the four deltas that follow it. */
const RECORDS_PER_FLOW = 5
const FLOWS_PER_MESSAGE = RECORDS_PER_MESSAGE / RECORDS_PER_FLOW
const STARTED_US = 1_700_000_000_000_000

/**
 * The traffic of a busy router: messages of 50 records, four deltas to each new BIFLOW_TPORT. In each message ten
 * flows begin, and those of the messages before get what the connector knows, their counters and their end.
 */
export function* flowMessages(count: number): Generator<Buffer> {
  const flow = (index: number): string => `bench:${10 + index}`
  for (let message = 0; message < count; message += 1) {
    const records: RecordToSend[] = []
    for (let slot = 0; slot < FLOWS_PER_MESSAGE; slot += 1) {
      for (let stage = 0; stage < RECORDS_PER_FLOW; stage += 1) {
        const index = Math.max(0, message - stage) * FLOWS_PER_MESSAGE + slot
        records.push({ type: RECORD_TYPE.BIFLOW_TPORT, identity: flow(index), ...STAGES[stage]!(index) })
      }
    }
    yield encodeRecords({ to: `${STREAM_ADDRESS}.flows`, messageId: message + 10, records })
  }
}

type Attributes = Pick<RecordToSend, 'codes' | 'values'>

/** What a flow's record and its four deltas carry. */
const STAGES: readonly ((index: number) => Attributes)[] = [
  index =>
    attributes({
      parent: `bench:${1 + (index % 4)}`,
      startTime: STARTED_US + index,
      sourceHost: `10.1.${(index >> 8) & 255}.${index & 255}`,
      sourcePort: String(1024 + (index % 60_000)),
      octets: 0,
      octetsReverse: 0,
    }),
  index =>
    attributes({
      trace: '0/west|0/east',
      connector: 'east:2',
      proxyHost: '10.0.0.2',
      proxyPort: String(index % 60_000),
    }),
  index => attributes({ octets: 500 + index, latency: 1500, octetsReverse: 700, processLatency: 900 }),
  index => attributes({ octets: 1000 + index, octetsReverse: 90_000 }),
  index => attributes({ endTime: STARTED_US + index + 5_000_000, octets: 1500 + index, octetsReverse: 180_000 }),
]

function attributes(values: Readonly<Partial<Record<keyof typeof ATTRIBUTE, string | number>>>): Attributes {
  return {
    codes: Object.keys(values).map(name => ATTRIBUTE[name as keyof typeof ATTRIBUTE]),
    values: Object.values(values),
  }
}

/** The records that stand when the stream begins: the router, four listeners and a connector. */
export function standingRecords(): Buffer {
  const record = (type: number, identity: string, values: Parameters<typeof attributes>[0]): RecordToSend => ({
    type,
    identity,
    ...attributes({ startTime: STARTED_US, ...values }),
  })
  const listeners = [1, 2, 3, 4].map(port =>
    record(RECORD_TYPE.LISTENER, `bench:${port}`, {
      parent: STREAM_SOURCE,
      vanAddress: `service-${port}`,
      protocol: 'tcp',
      destPort: `${8080 + port}`,
    }),
  )
  const records = [
    record(RECORD_TYPE.ROUTER, STREAM_SOURCE, { parent: 'site', name: '0/west', mode: 'interior' }),
    ...listeners,
    record(RECORD_TYPE.CONNECTOR, 'east:2', { parent: 'east:0', vanAddress: 'service-1', destHost: '10.0.0.6' }),
  ]
  return encodeRecords({ to: STREAM_ADDRESS, messageId: 1, records })
}
