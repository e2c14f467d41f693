import { formatTimestamp, parseTimestamp, type TimestampUs } from './timestamp.ts'

/** One element of structured data: `[id name="value" …]`. A name may occur more than once. */
export interface StructuredElement {
  id: string
  parameters: readonly (readonly [name: string, value: string])[]
}

/** The header of a syslog message (RFC 5424, section 6.2) and its structured data. Absent fields are nil (`-`). */
export interface SyslogHeader {
  /** 0-23; fireflies use 16, local0 */
  facility: number
  /** 0-7; fireflies use 6, informational */
  severity: number
  timestampUs?: TimestampUs
  hostname?: string
  appName?: string
  procId?: string
  msgId?: string
  structuredData?: readonly StructuredElement[]
}

/** Longest values of the header's fields, in characters (RFC 5424, section 6). */
const LENGTHS = { hostname: 255, appName: 48, procId: 128, msgId: 32, name: 32 } as const

/**
 * The header as text, with the space that precedes the message. What a field may not contain (RFC 5424 allows printable
 * ASCII without spaces) becomes `_`, and a field that is too long is cut.
 */
export function formatSyslogHeader(header: SyslogHeader): string {
  const time = header.timestampUs === undefined ? '-' : formatTimestamp(header.timestampUs)
  return [
    `<${header.facility * 8 + header.severity}>1`,
    time,
    word(header.hostname, LENGTHS.hostname),
    word(header.appName, LENGTHS.appName),
    word(header.procId, LENGTHS.procId),
    word(header.msgId, LENGTHS.msgId),
    structuredText(header.structuredData ?? []),
    '',
  ].join(' ')
}

function word(value: string | undefined, length: number): string {
  return value === undefined || value === '' ? '-' : value.slice(0, length).replace(/[^!-~]/g, '_')
}

function structuredText(elements: readonly StructuredElement[]): string {
  if (elements.length === 0) return '-'
  return elements.map(({ id, parameters }) => `[${[name(id), ...parameters.map(parameterText)].join(' ')}]`).join('')
}

function name(text: string): string {
  return word(text, LENGTHS.name).replace(/["=\]]/g, '_')
}

function parameterText([key, value]: readonly [string, string]): string {
  return `${name(key)}="${value.replace(/["\\\]]/g, '\\$&')}"`
}

/** A header that was read, and where the message after it begins. */
export interface ReadSyslogHeader {
  header: SyslogHeader
  messageOffset: number
}

const FIELDS = /^<(\d{1,3})>[1-9]\d{0,2} (\S{1,64}) (\S{1,255}) (\S{1,48}) (\S{1,128}) (\S{1,32}) (?=[[-])/
const ELEMENT = /\[([!#-<>-\\^-~]{1,32})((?: [!#-<>-\\^-~]{1,32}="(?:[^"\\\]]|\\[\s\S])*")*)\]/y
const PARAMETER = / ([^ =]{1,32})="((?:[^"\\\]]|\\[\s\S])*)"/g
const BYTE_ORDER_MARK = '\uFEFF'

/**
 * Reads the header of a syslog message. Undefined when the text does not begin with one: in particular when a field is
 * empty (two spaces in a row) or the timestamp is neither `-` nor RFC 3339.
 */
export function parseSyslogHeader(text: string): ReadSyslogHeader | undefined {
  const match = FIELDS.exec(text)
  if (match === null) return undefined
  const priority = Number(match[1])
  const timestampUs = match[2] === '-' ? undefined : parseTimestamp(match[2] ?? '')
  if (priority > 191 || (match[2] !== '-' && timestampUs === undefined)) return undefined
  const structured = parseStructured(text, match[0].length)
  if (structured === undefined) return undefined
  const header: SyslogHeader = { facility: priority >>> 3, severity: priority & 7 }
  if (timestampUs !== undefined) header.timestampUs = timestampUs
  const [hostname, appName, procId, msgId] = match.slice(3, 7).map(field => (field === '-' ? undefined : field))
  if (hostname !== undefined) header.hostname = hostname
  if (appName !== undefined) header.appName = appName
  if (procId !== undefined) header.procId = procId
  if (msgId !== undefined) header.msgId = msgId
  if (structured.elements.length > 0) header.structuredData = structured.elements
  return { header, messageOffset: afterSeparator(text, structured.end) }
}

function parseStructured(text: string, start: number): { elements: StructuredElement[]; end: number } | undefined {
  const elements: StructuredElement[] = []
  let end = start
  if (text[start] === '-') end += 1
  else {
    while (text[end] === '[') {
      ELEMENT.lastIndex = end
      const match = ELEMENT.exec(text)
      if (match === null) return undefined
      const parameters = [...(match[2] ?? '').matchAll(PARAMETER)].map(
        ([, key = '', value = '']) => [key, value.replace(/\\(["\\\]])/g, '$1')] as const,
      )
      elements.push({ id: match[1] ?? '', parameters })
      end += match[0].length
    }
  }
  return end === text.length || text[end] === ' ' ? { elements, end } : undefined
}

function afterSeparator(text: string, end: number): number {
  const start = Math.min(end + 1, text.length)
  return text.startsWith(BYTE_ORDER_MARK, start) ? start + 1 : start
}
