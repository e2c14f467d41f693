import type { DeprecatedKey } from '../../common/index.ts'
import { DEPRECATED_FIREFLY_KEYS } from './deprecated-firefly-keys.ts'

/** Names that older flowd-go gave to marking strategies, in lower case, and what says the same now. */
const OLD_STRATEGIES: Readonly<Record<string, Readonly<Record<string, string | boolean>>>> = {
  flowlabel: { 'backends.marker.markingStrategy': 'label' },
  flowlabelmatchall: { 'backends.marker.markingStrategy': 'label', 'backends.marker.matchAll': true },
  hopbyhopheader: { 'backends.marker.markingStrategy': 'hopByHop' },
  destinationheader: { 'backends.marker.markingStrategy': 'destination' },
  hopbyhopdestheaders: { 'backends.marker.markingStrategy': 'hopByHopDestination' },
  hopbyhopanddestination: { 'backends.marker.markingStrategy': 'hopByHopDestination' },
}

/**
 * Keys that a version of flowd-go had and the last one has not, from its history (scitags/flowd-go), and misspellings
 * that its own documents spread. flowd-go ignores them without a word; here they keep their meaning, or say that they
 * have none. Case is no difference, as it was none up to version 2.2.
 */
export const DEPRECATED_KEYS: readonly DeprecatedKey[] = [
  { key: 'plugins.np', movedTo: 'plugins.namedPipe', says: "is an old name of 'namedPipe'" },
  { key: 'plugins.fireflyp', movedTo: 'plugins.firefly', says: "is another name of 'firefly'" },
  { key: 'backends.ebpf', movedTo: 'backends.marker', says: "is an old name of 'marker'" },
  {
    key: 'backends.marker.targetInterface',
    says: "is an old form of 'targetInterfaces', which is a list",
    translate: value => ({ 'backends.marker.targetInterfaces': value === null ? null : [String(value)] }),
  },
  {
    key: 'backends.marker.forceHookRemoval',
    says: 'has no effect: what a killed daemon left is always healed at the next start',
  },
  {
    key: 'backends.marker.markingStrategy',
    says: "is an old strategy: they are 'label', 'hopByHop', 'destination' and 'hopByHopDestination' now",
    translate: value => OLD_STRATEGIES[String(value).toLowerCase()],
  },
  ...DEPRECATED_FIREFLY_KEYS,
  {
    key: 'stunServers',
    says: "has no effect: the servers stand in 'backends.firefly.stun.stunServers', as host:port",
  },
  { key: 'defaultBackend', says: "has no effect: the backends are those that 'backends' names" },
]
