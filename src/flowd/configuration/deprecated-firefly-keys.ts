import type { Beside, DeprecatedKey, Translation } from '../../common/index.ts'
import { ENRICHMENT_MODES } from '../backends/index.ts'

const SECTION = 'backends.firefly'

/**
 * What `pollNetlink: true` meant in flowd-go 2.2 where the file says nothing else: each flow's socket is read every
 * five seconds, and fireflies tell of it. `addNetlinkContext` and `netlinkPollingInterval` stand before it in the
 * table.
 */
const POLLING: Translation = {
  'enrichers.netlink': {},
  'enrichers.period': 5000,
  [`${SECTION}.enrich`]: true,
}

/**
 * What `periodicFireflies` means. As long as the backend had sources of its own, netlink was on unless
 * `addNetlinkContext: false` stood beside, and skops off unless `addBPFContext: true` did; later each was a section.
 */
function periodicFireflies(isOn: boolean, beside: Beside): Translation {
  if (!isOn) return { [`${SECTION}.enrich`]: false }
  const skops = [beside('addBPFContext'), beside('skOpsAddBPFContext')].includes(true)
  const sections = [beside('netlink'), beside('skops')]
  const netlink = beside('addNetlinkContext') !== false && sections.every(section => section === undefined)
  return {
    [`${SECTION}.enrich`]: true,
    ...(skops ? { 'enrichers.skops': {} } : {}),
    ...(netlink ? { 'enrichers.netlink': {} } : {}),
  }
}

/** All there is, which flowd-go writes as any word but two. */
function modeOf(value: unknown): string {
  const word = String(value).toLowerCase()
  return ENRICHMENT_MODES.find(mode => mode === word) ?? 'full'
}

/** Keys that the backend firefly had while it read statistics itself, and where they are said now. */
export const DEPRECATED_FIREFLY_KEYS: readonly DeprecatedKey[] = [
  {
    key: `${SECTION}.fireflyDestinationPort`,
    movedTo: `${SECTION}.destinationPort`,
    says: "is an old name of 'destinationPort'",
  },
  // Before the keys that it looks at.
  {
    key: `${SECTION}.periodicFireflies`,
    says: "is an old name of 'enrich', which tells what the section 'enrichers' reads",
    translate: (value, beside) => periodicFireflies(value === true, beside),
  },
  { key: `${SECTION}.period`, movedTo: 'enrichers.period', says: "is an old name of 'enrichers.period'" },
  { key: `${SECTION}.netlink`, movedTo: 'enrichers.netlink', says: "is an old place of 'enrichers.netlink'" },
  { key: `${SECTION}.skops`, movedTo: 'enrichers.skops', says: "is an old place of 'enrichers.skops'" },
  {
    key: `${SECTION}.addNetlinkContext`,
    says: "is an old name of 'enrich', which tells what the section 'enrichers' reads",
    translate: value => ({ [`${SECTION}.enrich`]: value }),
  },
  {
    key: `${SECTION}.netlinkPollingInterval`,
    movedTo: 'enrichers.period',
    says: "is an old name of 'enrichers.period'",
  },
  {
    key: `${SECTION}.pollNetlink`,
    says: "is said by the section 'enrichers.netlink' now, which polls while it is there",
    translate: value => (value === true ? POLLING : {}),
  },
  {
    key: `${SECTION}.pollBPF`,
    says: "is said by the section 'enrichers.skops' now, which samples while it is there",
    translate: value => (value === true ? { 'enrichers.skops': {}, [`${SECTION}.enrich`]: true } : {}),
  },
  ...['addBPFContext', 'skOpsAddBPFContext'].map(key => ({
    key: `${SECTION}.${key}`,
    says: "is said by the section 'enrichers.skops' now, whose samples 'enrich' tells",
    translate: () => ({}),
  })),
  ...['cgroupPath', 'programPath', 'debugMode', 'strategy'].flatMap(key =>
    [key, `skOps${key.charAt(0).toUpperCase()}${key.slice(1)}`].map(old => ({
      key: `${SECTION}.${old}`,
      says: `has no effect: it is said by 'enrichers.skops.${key}' now`,
    })),
  ),
  {
    key: `${SECTION}.enrichmentVerbosity`,
    says: "is an old name of 'enrichmentMode'",
    translate: value => (value === null ? {} : { [`${SECTION}.enrichmentMode`]: modeOf(value) }),
  },
  {
    key: `${SECTION}.enrichmentMode`,
    says: "is neither 'lean' nor 'compatible', which flowd-go takes for all there is: write 'full'",
    translate: value =>
      value === null || modeOf(value) === String(value).toLowerCase()
        ? undefined
        : { [`${SECTION}.enrichmentMode`]: 'full' },
  },
]
