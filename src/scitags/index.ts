export type { Firefly, FireflySender, FireflyState, FireflyUsage, ReceivedFirefly } from './firefly/index.ts'
export {
  FIREFLY_SCHEMA,
  formatFirefly,
  formatFireflyHeader,
  parseFirefly,
  parseFireflyDatagram,
} from './firefly/index.ts'
export type { Endpoint, FiveTuple, Protocol } from './five-tuple.ts'
export { flowKey } from './five-tuple.ts'
export type { FlowLabel } from './flow-label.ts'
export { decodeFlowLabel, encodeFlowLabel, FLOW_LABEL_MASK, flowEntropy, isMarkable } from './flow-label.ts'
export type { AddressFamily } from './ip-address.ts'
export { addressFamily, canonicalAddress, withoutZone } from './ip-address.ts'
export type { Parsed, ParseFailure } from './parsed.ts'
export { refused } from './parsed.ts'
export type { ProtocolTag } from './protocol-tag.ts'
export { decodeProtocolTag, encodeProtocolTag } from './protocol-tag.ts'
export { REGISTRY_SNAPSHOT, Registry } from './registry.ts'
export type { RegistryActivity, RegistryDocument, RegistryExperiment } from './registry-document.ts'
export { parseRegistryDocument } from './registry-document.ts'
export type { ReadSyslogHeader, StructuredElement, SyslogHeader } from './syslog-header.ts'
export { FIREFLY_SYSLOG, formatSyslogHeader, parseSyslogHeader } from './syslog-header.ts'
export type { TimestampUs } from './timestamp.ts'
export { formatTimestamp, parseTimestamp } from './timestamp.ts'
