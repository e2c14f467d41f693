import { ATTRIBUTE, ATTRIBUTES, type AttributeName, RECORD_TYPE } from '../../../vanflow/index.ts'
import { NUMBER, type NumberField, WORD, type WordField } from './layout.ts'

/** Where a record keeps an attribute: in its row as a number, a text or a reference, or outside. */
export const PLACE = { outside: 0, number: 1, text: 2, parent: 3, time: 4, target: 5 } as const

const NUMBERS: Partial<Record<AttributeName, NumberField>> = {
  octets: NUMBER.octets,
  octetsReverse: NUMBER.octetsReverse,
  latency: NUMBER.latency,
  processLatency: NUMBER.processLatency,
}

/** Times where 0 says "not set". */
const TIMES: Partial<Record<AttributeName, NumberField>> = {
  startTime: NUMBER.startTime,
  endTime: NUMBER.endTime,
}

const TEXTS: Partial<Record<AttributeName, WordField>> = {
  sourceHost: WORD.sourceHost,
  destHost: WORD.destHost,
  sourcePort: WORD.sourcePort,
  trace: WORD.trace,
  proxyHost: WORD.proxyHost,
  proxyPort: WORD.proxyPort,
  protocol: WORD.protocol,
  method: WORD.method,
  result: WORD.result,
  reason: WORD.reason,
  errorListenerSide: WORD.errorListenerSide,
  errorConnectorSide: WORD.errorConnectorSide,
}

/** The word that says at which host a record of a type has its end, by type code; 0 for types that are not asked. */
export const HOST_FIELD = new Uint8Array(256)
HOST_FIELD[RECORD_TYPE.FLOW] = WORD.sourceHost
HOST_FIELD[RECORD_TYPE.BIFLOW_TPORT] = WORD.sourceHost
HOST_FIELD[RECORD_TYPE.CONNECTOR] = WORD.destHost

/** Attributes that are the second reference of some type. */
const TARGET_CODE_NAMES: ReadonlySet<AttributeName> = new Set(['connector', 'counterflow', 'peer', 'process'])

/** The place of each attribute, by code; `target` depends on the type too, see `TARGET_CODE`. */
export const PLACES = Uint8Array.from(ATTRIBUTES, ({ name }) => placeOf(name as AttributeName))

/** The number field of an attribute whose place is `number` or `time`, by code. */
export const NUMBER_FIELDS = ATTRIBUTES.map(({ name }) => ({ ...NUMBERS, ...TIMES })[name as AttributeName])

/** The word of an attribute whose place is `text`, by code. */
export const TEXT_FIELDS = ATTRIBUTES.map(({ name }) => TEXTS[name as AttributeName])

/** The codes of attributes that lie in the row as numbers, times or texts, ascending. */
export const ROW_CODES: readonly number[] = ATTRIBUTES.map(({ code }) => code).filter(
  code => NUMBER_FIELDS[code] !== undefined || TEXT_FIELDS[code] !== undefined,
)

/** The words of all texts in a row. */
export const ALL_TEXT_FIELDS: readonly WordField[] = Object.values(TEXTS)

/** The attribute that is the second reference (beside `parent`) of records of a type, by type code; 0 for none. */
export const TARGET_CODE = new Uint8Array(256)
TARGET_CODE[RECORD_TYPE.BIFLOW_TPORT] = ATTRIBUTE.connector
TARGET_CODE[RECORD_TYPE.FLOW] = ATTRIBUTE.counterflow
TARGET_CODE[RECORD_TYPE.LINK] = ATTRIBUTE.peer
TARGET_CODE[RECORD_TYPE.CONNECTOR] = ATTRIBUTE.process

function placeOf(name: AttributeName): number {
  if (name === 'parent') return PLACE.parent
  if (TARGET_CODE_NAMES.has(name)) return PLACE.target
  if (NUMBERS[name] !== undefined) return PLACE.number
  if (TIMES[name] !== undefined) return PLACE.time
  return TEXTS[name] === undefined ? PLACE.outside : PLACE.text
}
