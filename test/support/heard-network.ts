import { Random } from '../../src/simulate/random.ts'
import { FaultyOutlet, type MessageFaults } from '../../src/simulate/van/faulty-outlet.ts'
import { SimulatedNetwork } from '../../src/simulate/van/network.ts'
import { DEFAULT_NETWORK_OPTIONS, type NetworkOptions } from '../../src/simulate/van/network-options.ts'
import {
  ATTRIBUTE,
  type AttributeName,
  decodeMessage,
  type VanMessage,
  type VanRecord,
} from '../../src/vanflow/index.ts'

/** A message as it left the network, and when, in simulated seconds. */
export interface Heard {
  at: number
  address: string
  settled: boolean
  bytes: Buffer
  message: VanMessage
}

/** A network whose messages all go into a list; everything is subscribed but what `deaf` names. */
export function listenTo(options: Partial<NetworkOptions> = {}, faults: Partial<MessageFaults> = {}) {
  const heard: Heard[] = []
  const deaf = new Set<string>()
  let ticks = 0
  const ear = {
    hasSubscriber: (address: string) => !deaf.has(address),
    publish: (address: string, bytes: Buffer, settled: boolean) => {
      heard.push({ at: ticks / 10, address, settled, bytes, message: decodeMessage(bytes) })
    },
  }
  const outlet = new FaultyOutlet(ear, new Random(7))
  outlet.faults = { ...outlet.faults, ...faults }
  const network = new SimulatedNetwork({ ...DEFAULT_NETWORK_OPTIONS, ...options }, outlet)
  const pass = (seconds: number) => {
    for (const end = ticks + seconds * 10; ticks < end; ) {
      ticks += 1
      outlet.tick()
      network.advance()
    }
  }
  return { network, heard, deaf, pass, of: (kind: VanMessage['kind']) => heard.filter(h => h.message.kind === kind) }
}

/** All records heard, oldest first, each with its message. */
export function recordsOf(heard: readonly Heard[]) {
  return heard.flatMap(({ message, ...rest }) =>
    message.kind === 'records' ? message.records.map(record => ({ ...rest, record })) : [],
  )
}

/** What the deltas add up to, by identity; ended records are gone. */
export function merge(heard: readonly Heard[]): Map<string, Map<number, unknown>> {
  const merged = new Map<string, Map<number, unknown>>()
  for (const { record } of recordsOf(heard)) {
    const attributes = merged.get(record.identity) ?? new Map<number, unknown>()
    for (const [index, code] of record.codes.entries()) attributes.set(code, record.values[index])
    merged.set(record.identity, attributes)
    if (attributes.has(ATTRIBUTE.endTime)) merged.delete(record.identity)
  }
  return merged
}

/** What is true of a network, in the shape of `merge`. */
export function truthOf(network: SimulatedNetwork): Map<string, Map<number, unknown>> {
  return new Map([...network.truth().records].map(([identity, { attributes }]) => [identity, new Map(attributes)]))
}

/** The value of an attribute of a record. */
export function attributeOf(record: VanRecord, name: AttributeName): unknown {
  return record.values[record.codes.indexOf(ATTRIBUTE[name])]
}
