import { RECORD_TYPE } from './record-types.ts'

/**
 * What an attribute holds. On the wire `string`, `reference` (to another record's identity) and `trace` (router names
 * joined by `|`) are AMQP strings; `counter` (grows), `gauge` and `time` (microseconds since the epoch, the source's
 * own clock) are unsigned integers, nearly always ulong.
 */
export type AttributeKind = 'string' | 'reference' | 'trace' | 'counter' | 'gauge' | 'time'

export type AttributeUnit = 'bytes' | 'bytes/s' | '1/s' | 'us'

export interface AttributeDef {
  readonly code: number
  /** The name that the prototype's API shows, for example `vanAddress`. */
  readonly name: string
  readonly kind: AttributeKind
  readonly unit?: AttributeUnit
}

type Row = readonly [name: string, kind: AttributeKind, unit?: AttributeUnit]

/**
 * The attributes by code, 0 to 67. Source: `vflow_attribute_t` and the attribute name table of skupper-router 2.0 to
 * 3.5. `recordType` and `identity` are lifted out of every decoded record.
 */
const ROWS = [
  ['recordType', 'gauge'],
  ['identity', 'string'],
  ['parent', 'reference'],
  ['startTime', 'time', 'us'],
  ['endTime', 'time', 'us'],
  ['counterflow', 'reference'],
  ['peer', 'reference'],
  ['process', 'reference'],
  ['sibOrdinal', 'gauge'],
  ['location', 'string'],
  ['provider', 'string'],
  ['platform', 'string'],
  ['namespace', 'string'],
  ['mode', 'string'],
  ['sourceHost', 'string'],
  ['destHost', 'string'],
  ['protocol', 'string'],
  ['sourcePort', 'string'],
  ['destPort', 'string'],
  ['vanAddress', 'string'],
  ['imageName', 'string'],
  ['imageVersion', 'string'],
  ['hostname', 'string'],
  ['octets', 'counter', 'bytes'],
  ['latency', 'gauge', 'us'],
  ['transitLatency', 'gauge', 'us'],
  ['backlog', 'gauge'],
  ['method', 'string'],
  ['result', 'string'],
  ['reason', 'string'],
  ['name', 'string'],
  ['trace', 'trace'],
  ['buildVersion', 'string'],
  ['linkCost', 'gauge'],
  ['direction', 'string'],
  ['octetRate', 'gauge', 'bytes/s'],
  ['octetsOut', 'counter', 'bytes'],
  ['octetsUnacked', 'gauge', 'bytes'],
  ['windowClosures', 'counter'],
  ['windowSize', 'gauge', 'bytes'],
  ['flowCountL4', 'counter'],
  ['flowCountL7', 'counter'],
  ['flowRateL4', 'gauge', '1/s'],
  ['flowRateL7', 'gauge', '1/s'],
  ['duration', 'gauge', 'us'],
  ['image', 'reference'],
  ['group', 'string'],
  ['streamId', 'gauge'],
  ['logSeverity', 'gauge'],
  ['logText', 'string'],
  ['sourceFile', 'string'],
  ['sourceLine', 'gauge'],
  ['linkCount', 'gauge'],
  ['operStatus', 'string'],
  ['role', 'string'],
  ['upTimeStamp', 'time', 'us'],
  ['downTimeStamp', 'time', 'us'],
  ['downCount', 'counter'],
  ['octetsReverse', 'counter', 'bytes'],
  ['octetRateReverse', 'gauge', 'bytes/s'],
  ['connector', 'reference'],
  ['processLatency', 'gauge', 'us'],
  ['proxyHost', 'string'],
  ['proxyPort', 'string'],
  ['errorListenerSide', 'string'],
  ['errorConnectorSide', 'string'],
  ['activeTlsOrdinal', 'gauge'],
  ['httpProxy', 'string'],
] as const satisfies readonly Row[]

export type AttributeName = (typeof ROWS)[number][0]

export const ATTRIBUTES: readonly AttributeDef[] = ROWS.map((row, code) => define(code, row))

/** Attribute codes by name: `ATTRIBUTE.octets` is 23. */
export const ATTRIBUTE = Object.freeze(Object.fromEntries(ROWS.map(([name], code) => [name, code]))) as Readonly<
  Record<AttributeName, number>
>

/**
 * Codes 52 to 54 were taken twice: Skupper 1.x controllers had put site facts there before routers 3.0 used them for
 * links. On a SITE record they have their first meaning.
 */
const SITE_ATTRIBUTES = new Map<number, AttributeDef>([
  [52, define(52, ['version', 'string'])],
  [53, define(53, ['policy', 'string'])],
  [54, define(54, ['target', 'string'])],
])

/** The lowest and highest attribute code whose meaning depends on the record type. */
export const FIRST_CLASH = 52
export const LAST_CLASH = 54

/** What an attribute means in a record of a type; undefined for a code that the table does not hold. */
export function attributeOf(recordType: number, code: number): AttributeDef | undefined {
  return (recordType === RECORD_TYPE.SITE ? SITE_ATTRIBUTES.get(code) : undefined) ?? ATTRIBUTES[code]
}

function define(code: number, [name, kind, unit]: Row): AttributeDef {
  return unit === undefined ? { code, name, kind } : { code, name, kind, unit }
}
