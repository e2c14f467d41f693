import { readFileSync } from 'node:fs'
import { messageOf, TidemarkError } from '../../common/index.ts'
import { ATTRIBUTES } from '../../vanflow/index.ts'
import { type CapturedValue, encodeCaptured, encodeCompound } from './captured-value.ts'

/** A message as it was received when a network was recorded. */
export interface CapturedMessage {
  /** Seconds since the recording began. */
  t: number
  /** The address of the link that it came on. */
  link: string
  presettled: boolean
  /** How long its bytes were. */
  bytes: number
  properties: { message_id?: CapturedValue; to?: CapturedValue; subject?: CapturedValue }
  application_properties?: CapturedValue
  value?: CapturedValue
}

/** A recording: its messages in order, and when it began. */
export interface Capture {
  messages: CapturedMessage[]
  /** Microseconds since the epoch. */
  startUs: number
}

/**
 * Reads a recording: one JSON object a line, as `test/fixtures/captures/README.md` describes it. Lines other than
 * messages only tell what else went on. Throws CAPTURE_UNREADABLE.
 */
export function readCapture(file: string): Capture {
  try {
    return parseCapture(readFileSync(file, 'utf8'))
  } catch (error) {
    throw new TidemarkError('CAPTURE_UNREADABLE', { file, reason: messageOf(error) }, error)
  }
}

function parseCapture(text: string): Capture {
  const lines = text.split('\n').filter(line => line !== '')
  const events = lines.map(line => JSON.parse(line) as { ev?: string; t?: number; wall?: number })
  const first = events[0]
  if (first?.t === undefined || first.wall === undefined) throw new SyntaxError('its first line is no event')
  const messages = events.filter(event => event.ev === 'msg') as unknown as CapturedMessage[]
  if (messages.length === 0) throw new SyntaxError('it holds no message')
  return { messages, startUs: Math.round((first.wall - first.t * 1000) * 1000) }
}

/** Gives each moment of a recording, in microseconds since the epoch, the moment to tell in its place. */
export type MoveTime = (us: number) => number

/** The bytes of a recorded message, as they were but for moments, which `moveTime` gives anew. */
export function encodeCapturedMessage(message: CapturedMessage, moveTime: MoveTime = us => us): Buffer {
  const { message_id = 'null', to = 'null', subject = 'null' } = message.properties
  const sections = [section(0x73), encodeCompound(0xd0, [message_id, 'null', to, subject])]
  if (message.application_properties !== undefined) {
    sections.push(section(0x74), encodeCaptured(moveTimes(message.application_properties, moveTime)))
  }
  if (message.value !== undefined) sections.push(section(0x77), encodeCaptured(moveTimes(message.value, moveTime)))
  return Buffer.concat(sections)
}

/** Keys of maps whose value is a moment: attributes of records, and `now` of heartbeats. */
const MOMENTS: ReadonlySet<string> = new Set([
  ...ATTRIBUTES.filter(({ kind }) => kind === 'time').map(({ code }) => `smalluint:${code}`),
  'sym8:now',
  'str8:now',
])

function moveTimes(value: CapturedValue, moveTime: MoveTime): CapturedValue {
  if (typeof value === 'string') return value
  if ('list32' in value) return { list32: value.list32.map(item => moveTimes(item, moveTime)) }
  const entries = Object.entries(value.map32).map(([key, item]) => [
    key,
    MOMENTS.has(key) ? moved(item, moveTime) : item,
  ])
  return { map32: Object.fromEntries(entries) as Record<string, CapturedValue> }
}

/** Moves a moment. A zero means "not set", and has another encoding. */
function moved(value: CapturedValue, moveTime: MoveTime): CapturedValue {
  if (typeof value !== 'string' || !value.startsWith('ulong:')) return value
  return `ulong:${moveTime(Number(value.slice('ulong:'.length)))}`
}

function section(code: number): Buffer {
  return Buffer.of(0x00, 0x53, code)
}
