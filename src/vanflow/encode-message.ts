import { AmqpWriter } from './amqp-writer.ts'
import { ATTRIBUTE } from './attributes.ts'
import { BEACON_ADDRESS } from './messages.ts'
import type { AttributeValue } from './record.ts'
import { SECTION } from './sections.ts'

/**
 * Whose way of writing a message follows. Routers number their messages, give application properties symbols as keys
 * and add a null body; controllers (Go) number nothing and use strings as keys. Those of Skupper 1.x add the beacon
 * as JSON in the body, those of 2.x no body at all.
 */
export type Dialect = 'router' | 'controller-v1' | 'controller-v2'

/** The counter that a router puts into its next message; absent from controllers. */
interface Numbered {
  messageId?: number
}

export interface BeaconToSend extends Numbered {
  sourceType: string
  id: string
  address: string
  direct: string
}

export interface HeartbeatToSend extends Numbered {
  to: string
  id: string
  nowUs: number
}

/** An attribute's value, or its ready encoding: how a test sends what no router would. */
export type WireValue = AttributeValue | Uint8Array

/** A record to send; the same parallel arrays as in a decoded one. */
export interface RecordToSend {
  type: number
  identity: string
  codes: readonly number[]
  values: readonly WireValue[]
}

export interface RecordsToSend extends Numbered {
  to: string
  /** At most 50 from a router, 20 from a controller. */
  records: readonly RecordToSend[]
}

/** Encodes a BEACON, byte for byte as a source of that dialect does. */
export function encodeBeacon(beacon: BeaconToSend, dialect: Dialect): Buffer {
  const { sourceType, id, address, direct } = beacon
  const writer = new AmqpWriter()
  writeProperties(writer, BEACON_ADDRESS, 'BEACON', beacon.messageId)
  writer.section(SECTION.applicationProperties, () =>
    writer.map(5, () => {
      writeKey(writer, 'v', dialect)
      writer.uint(1)
      for (const [key, value] of Object.entries({ sourceType, id, address, direct })) {
        writeKey(writer, key, dialect)
        writer.string(value)
      }
    }),
  )
  if (dialect === 'router') writer.section(SECTION.value, () => writer.null())
  if (dialect === 'controller-v1') {
    const json = { Version: 1, SourceType: sourceType, Address: address, Direct: direct, Identity: id }
    writer.section(SECTION.value, () => writer.string(JSON.stringify(json)))
  }
  return writer.toBuffer()
}

/** Encodes a HEARTBEAT, byte for byte as a source of that dialect does. */
export function encodeHeartbeat(heartbeat: HeartbeatToSend, dialect: Dialect): Buffer {
  const writer = new AmqpWriter()
  writeProperties(writer, heartbeat.to, 'HEARTBEAT', heartbeat.messageId)
  writer.section(SECTION.applicationProperties, () =>
    writer.map(3, () => {
      writeKey(writer, 'v', dialect)
      writer.uint(1)
      writeKey(writer, 'now', dialect)
      writer.ulong(heartbeat.nowUs)
      writeKey(writer, 'id', dialect)
      writer.string(heartbeat.id)
    }),
  )
  if (dialect === 'router') writer.section(SECTION.value, () => writer.null())
  return writer.toBuffer()
}

/** Encodes a RECORD message. Routers and controllers agree on its form, but for the message id. */
export function encodeRecords({ to, records, messageId }: RecordsToSend): Buffer {
  const writer = new AmqpWriter()
  writeProperties(writer, to, 'RECORD', messageId)
  writer.section(SECTION.value, () =>
    writer.list(records.length, () => {
      for (const record of records) writeRecord(writer, record)
    }),
  )
  return writer.toBuffer()
}

/** Encodes a FLUSH to a source's direct address, in the prototype's form: an empty header, no id, an empty body. */
export function encodeFlush(direct: string): Buffer {
  const writer = new AmqpWriter()
  writer.section(SECTION.header, () => writer.emptyList())
  writeProperties(writer, direct, 'FLUSH', undefined)
  writer.section(SECTION.value, () => writer.string(''))
  return writer.toBuffer()
}

function writeProperties(writer: AmqpWriter, to: string, subject: string, messageId: number | undefined): void {
  writer.section(SECTION.properties, () =>
    writer.list(4, () => {
      if (messageId === undefined) writer.null()
      else writer.long(messageId)
      writer.null()
      writer.string(to)
      writer.string(subject)
    }),
  )
}

function writeKey(writer: AmqpWriter, key: string, dialect: Dialect): void {
  if (dialect === 'router') writer.symbol(key)
  else writer.string(key)
}

function writeRecord(writer: AmqpWriter, { type, identity, codes, values }: RecordToSend): void {
  writer.map(codes.length + 2, () => {
    writer.uint(ATTRIBUTE.recordType)
    writer.uint(type)
    writer.uint(ATTRIBUTE.identity)
    writer.string(identity)
    for (const [index, code] of codes.entries()) {
      writer.uint(code)
      const value = values[index]!
      if (typeof value === 'string') writer.string(value)
      else if (typeof value === 'object') writer.raw(value)
      else writer.ulong(value)
    }
  })
}
