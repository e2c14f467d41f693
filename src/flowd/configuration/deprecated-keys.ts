import type { DeprecatedKey, Translation } from '../../common/index.ts'
import { ENRICHMENT_MODES } from '../backends/index.ts'

/** Names that older flowd-go gave to marking strategies, and what says the same now. */
const OLD_STRATEGIES: Readonly<Record<string, Readonly<Record<string, string | boolean>>>> = {
  flowlabel: { 'backends.marker.markingStrategy': 'label' },
  flowlabelmatchall: { 'backends.marker.markingStrategy': 'label', 'backends.marker.matchAll': true },
  hopbyhopanddestination: { 'backends.marker.markingStrategy': 'hopByHopDestination' },
}

/**
 * What `pollNetlink: true` meant in flowd-go 2.2 where the file says nothing else: each flow's socket is read every
 * five seconds, and fireflies tell of it. `addNetlinkContext` and `netlinkPollingInterval` stand before it in the
 * table.
 */
const POLLING: Translation = {
  'enrichers.netlink': {},
  'enrichers.period': 5000,
  'backends.firefly.enrich': true,
}

/**
 * Keys of flowd-go 2.2 and before, and misspellings that its own documents spread. flowd-go ignores them without a
 * word; here they keep their meaning, or say that they have none.
 */
export const DEPRECATED_KEYS: readonly DeprecatedKey[] = [
  { key: 'plugins.np', movedTo: 'plugins.namedPipe', says: "is an old name of 'namedPipe'" },
  { key: 'plugins.fireflyp', movedTo: 'plugins.firefly', says: "is another name of 'firefly'" },
  { key: 'backends.ebpf', movedTo: 'backends.marker', says: "is an old name of 'marker'" },
  {
    key: 'backends.marker.forceHookRemoval',
    says: 'has no effect: what a killed daemon left is always healed at the next start',
  },
  {
    key: 'backends.marker.markingStrategy',
    says: "is an old strategy: they are 'label', 'hopByHop', 'destination' and 'hopByHopDestination' now",
    translate: value => OLD_STRATEGIES[String(value).toLowerCase()],
  },
  {
    key: 'backends.firefly.fireflyDestinationPort',
    movedTo: 'backends.firefly.destinationPort',
    says: "is an old name of 'destinationPort'",
  },
  {
    key: 'backends.firefly.addNetlinkContext',
    movedTo: 'backends.firefly.enrich',
    says: "is an old name of 'enrich', which tells what the section 'enrichers' reads",
  },
  {
    key: 'backends.firefly.netlinkPollingInterval',
    movedTo: 'enrichers.period',
    says: "is an old name of 'enrichers.period'",
  },
  {
    key: 'backends.firefly.pollNetlink',
    says: "is said by the section 'enrichers.netlink' now, which polls while it is there",
    translate: value => (value === true ? POLLING : {}),
  },
  {
    key: 'backends.firefly.enrichmentMode',
    says: "is neither 'lean' nor 'compatible', which flowd-go takes for all there is: write 'full'",
    translate: value =>
      value === null || ENRICHMENT_MODES.some(mode => mode === String(value).toLowerCase())
        ? undefined
        : { 'backends.firefly.enrichmentMode': 'full' },
  },
  {
    key: 'stunServers',
    says: "has no effect: the servers stand in 'backends.firefly.stun.stunServers', as host:port",
  },
  ...['plugins.perfsonar.activityID', 'plugins.perfsonar.experimentID'].map(key => ({
    key,
    movedTo: key.replace(/ID$/, 'Id'),
    says: "is spelled with 'Id'",
  })),
  ...['plugins.iperf3.activityIds', 'plugins.iperf3.experimentIds'].map(key => ({
    key,
    movedTo: key.replace(/Ids$/, 'IDs'),
    says: "is spelled with 'IDs'",
  })),
]
