export { APPLICATION_LENGTH } from './application.ts'
export { exactInteger } from './exact-integer.ts'
export type { Firefly, FireflyState, ReceivedFirefly } from './firefly/index.ts'
export {
  createFireflyHeader,
  FIREFLY_SCHEMA,
  formatFirefly,
  parseFirefly,
  parseFireflyDatagram,
} from './firefly/index.ts'
export {
  type Endpoint,
  everyFlow,
  type FiveTuple,
  flowKey,
  formatEndpoint,
  isEveryFlow,
  isIpv6OnTheWire,
  type Protocol,
} from './five-tuple.ts'
export { decodeFlowLabel, encodeFlowLabel, FLOW_LABEL_MASK, flowEntropy, isMarkable } from './flow-label.ts'
export { ACTIVITY_MAX, EXPERIMENT_MAX, MARKABLE_EXPERIMENT_MAX } from './ids.ts'
export type { AddressFamily } from './ip-address.ts'
export { addressFamily, canonicalAddress, withoutZone } from './ip-address.ts'
export type { Parsed, ParseFailure } from './parsed.ts'
export { refused } from './parsed.ts'
export { decodeProtocolTag, encodeProtocolTag } from './protocol-tag.ts'
export { REGISTRY_SNAPSHOT, Registry } from './registry.ts'
export type { RegistryDocument } from './registry-document.ts'
export { parseRegistryDocument } from './registry-document.ts'
export type { SyslogHeader } from './syslog-header.ts'
export { formatSyslogHeader, parseSyslogHeader } from './syslog-header.ts'
export type { TimestampUs } from './timestamp.ts'
export { formatTimestamp, LATEST_US, parseTimestamp } from './timestamp.ts'
