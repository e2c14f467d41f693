import { AMQP, AmqpReader } from './amqp-reader.ts'
import { decodeRecords } from './decode-records.ts'
import type { MalformedCause, VanMessage } from './messages.ts'
import type { AttributeValue } from './record.ts'
import { SECTION } from './sections.ts'

/** Descriptors may be written out as symbols, too. */
const SECTION_BY_NAME: Readonly<Record<string, number>> = {
  'amqp:properties:list': SECTION.properties,
  'amqp:application-properties:map': SECTION.applicationProperties,
  'amqp:amqp-value:*': SECTION.value,
}

/** Where the sections that matter stand in a message's bytes, and what its properties say. */
interface Sections {
  messageId: number | undefined
  to: string | undefined
  subject: string | undefined
  /** Where the application properties' map begins, if there is one. */
  applicationPropertiesAt: number | undefined
  /** Where the body's value begins and ends, if it is an amqp-value section. */
  valueAt: number | undefined
  valueEnd: number
}

/**
 * Decodes the bytes of one transfer (all sections of a message). Never throws: what does not parse comes back as
 * `malformed`, what is none of VAN-Flow's as `other`.
 */
export function decodeMessage(bytes: Buffer): VanMessage {
  const sections = readSections(bytes)
  if (sections === undefined) return malformed(undefined, 'sections')
  const { messageId, to, subject } = sections
  switch (subject) {
    case 'RECORD':
      return records(bytes, sections)
    case 'HEARTBEAT':
      return heartbeat(bytes, sections)
    case 'BEACON':
      return beacon(bytes, sections)
    case 'FLUSH':
      return { kind: 'flush', messageId, to }
    default:
      return { kind: 'other', messageId, to, subject }
  }
}

function records(bytes: Buffer, sections: Sections): VanMessage {
  const { messageId, to, valueAt, valueEnd } = sections
  // A body of another kind, or none, is an empty slice: malformed, like a body that is no list.
  const { records, problems } = decodeRecords(bytes, valueAt ?? bytes.length, valueEnd)
  const message = { kind: 'records', messageId, to, records } as const
  return problems === undefined ? message : { ...message, problems }
}

function beacon(bytes: Buffer, sections: Sections): VanMessage {
  const said = applicationProperties(bytes, sections)
  if (said === undefined) return malformed(sections, 'sections')
  const sourceType = text(said.get('sourceType'))
  const address = text(said.get('address'))
  if (sourceType === undefined || address === undefined) return malformed(sections, 'beacon')
  return {
    kind: 'beacon',
    messageId: sections.messageId,
    to: sections.to,
    version: integer(said.get('v')),
    sourceType,
    id: text(said.get('id')),
    address,
    direct: text(said.get('direct')),
  }
}

function heartbeat(bytes: Buffer, sections: Sections): VanMessage {
  const said = applicationProperties(bytes, sections)
  if (said === undefined) return malformed(sections, 'sections')
  const id = text(said.get('id'))
  if (id === undefined) return malformed(sections, 'heartbeat')
  return {
    kind: 'heartbeat',
    messageId: sections.messageId,
    to: sections.to,
    version: integer(said.get('v')),
    id,
    nowUs: integer(said.get('now')),
  }
}

function malformed(sections: Sections | undefined, cause: MalformedCause): VanMessage {
  return { kind: 'malformed', messageId: sections?.messageId, to: sections?.to, cause }
}

/** Finds the sections; undefined when the bytes are no AMQP message. */
function readSections(bytes: Buffer): Sections | undefined {
  const reader = new AmqpReader(bytes, 0, bytes.length)
  const found: Sections = {
    messageId: undefined,
    to: undefined,
    subject: undefined,
    applicationPropertiesAt: undefined,
    valueAt: undefined,
    valueEnd: bytes.length,
  }
  while (reader.at < reader.end && !reader.failed) {
    if (bytes[reader.at] !== AMQP.described) return undefined
    reader.at += 1
    const descriptor = reader.scalar()
    const section = typeof descriptor === 'string' ? SECTION_BY_NAME[descriptor] : descriptor
    if (section === SECTION.properties) {
      readProperties(reader, found)
      continue
    }
    const at = reader.at
    // Nothing follows the body of a VAN-Flow message but perhaps a footer: the body's own decoder checks its lengths.
    if (section === SECTION.value && found.subject === 'RECORD') {
      found.valueAt = at
      return found
    }
    reader.skip()
    if (section === SECTION.applicationProperties) found.applicationPropertiesAt = at
  }
  return reader.failed ? undefined : found
}

function readProperties(reader: AmqpReader, found: Sections): void {
  const at = reader.at
  const count = reader.enter(AMQP.list8, AMQP.list32)
  if (count < 0) {
    reader.skip()
    return
  }
  const { limit } = reader
  const fields: (AttributeValue | undefined)[] = []
  // message-id, user-id, to, subject
  while (fields.length < Math.min(4, count) && !reader.failed) fields.push(reader.scalar())
  found.messageId = integer(fields[0])
  found.to = text(fields[2])
  found.subject = text(fields[3])
  if (reader.at > limit || limit < at) reader.failed = true
  reader.at = limit
}

/** Reads the application properties, whose keys are strings by the book and symbols from routers. */
function applicationProperties(
  bytes: Buffer,
  sections: Sections,
): ReadonlyMap<string, AttributeValue | undefined> | undefined {
  const said = new Map<string, AttributeValue | undefined>()
  if (sections.applicationPropertiesAt === undefined) return said
  const reader = new AmqpReader(bytes, sections.applicationPropertiesAt, bytes.length)
  const pairs = reader.enter(AMQP.map8, AMQP.map32) / 2
  for (let left = pairs; left > 0 && !reader.failed; left -= 1) {
    const key = reader.scalar()
    const value = reader.scalar()
    if (typeof key === 'string') said.set(key, value)
  }
  return reader.failed || reader.at > reader.limit ? undefined : said
}

function text(value: AttributeValue | undefined): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}

function integer(value: AttributeValue | undefined): number | undefined {
  return typeof value === 'number' ? value : undefined
}
