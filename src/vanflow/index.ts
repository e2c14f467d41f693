export type { AttributeName } from './attributes.ts'
export { ATTRIBUTE, ATTRIBUTES, attributeOf } from './attributes.ts'
export { decodeMessage } from './decode-message.ts'
export type { DecodeProblem, DecodeTally } from './decode-problems.ts'
export type { DecodedRecords } from './decode-records.ts'
export { decodeRecords } from './decode-records.ts'
export type {
  RecordToSend,
  WireValue,
} from './encode-message.ts'
export { encodeBeacon, encodeFlush, encodeHeartbeat, encodeRecords } from './encode-message.ts'
export type { Beacon, Heartbeat, RecordMessage, VanMessage } from './messages.ts'
export { BEACON_ADDRESS } from './messages.ts'
export type { AttributeValue, VanRecord } from './record.ts'
export type { RecordTypeName } from './record-types.ts'
export { RECORD_TYPE, RECORD_TYPES } from './record-types.ts'
