import { BEACON_ADDRESS, type Beacon } from '../../vanflow/index.ts'
import type { SourceHandle, SourceType } from '../graph/source.ts'
import { ClockOffset } from './clock-offset.ts'
import { MessageIds } from './message-ids.ts'
import { discovered, type SourceState } from './source.ts'
import type { SourceTimers } from './source-timers.ts'

/** An event source as ingest holds it: the state that the rules know, and what effects need. */
export interface VanSource {
  readonly id: string
  readonly type: SourceType
  /** Where a FLUSH goes; undefined for routers 2.0.x. */
  readonly direct: string | undefined
  /** The addresses that it sends to; the last is the one that its BEACON named. */
  readonly addresses: readonly string[]
  state: SourceState
  handle: SourceHandle
  readonly ids: MessageIds
  readonly offset: ClockOffset
  /** When it last said anything, by our clock. */
  lastHeardUs: number
  /** For how long in all we had not listened by then. */
  deafBeforeUs: number
  /** When to ask for links again that the router ended. */
  relinkAtUs: number | undefined
}

/** What each type of source sends beside its main address. One that nobody knows may send anything. */
const SUFFIXES: Record<SourceType, readonly string[]> = {
  ROUTER: ['.flows', '.logs'],
  CONTROLLER: ['.heartbeats'],
  UNKNOWN: ['.flows', '.logs', '.heartbeats'],
}

/** All addresses of sources are multicast: to read from another would take its messages away from whom they are for. */
const MULTICAST_PREFIX = 'mc/'

/** The id that a source is known by: routers 2.0.x have none but their address. */
export function sourceIdOf(beacon: Beacon): string {
  return beacon.id ?? beacon.address
}

/** Whether a BEACON names addresses that a collector may use. */
export function isUsable(beacon: Beacon): boolean {
  return beacon.address.startsWith(MULTICAST_PREFIX) && beacon.address !== BEACON_ADDRESS
}

export function toSourceType(name: string): SourceType {
  return name === 'ROUTER' || name === 'CONTROLLER' ? name : 'UNKNOWN'
}

/** A source that a BEACON just named. */
export function createSource(
  beacon: Beacon,
  handle: SourceHandle,
  timers: SourceTimers,
  { nowUs, deafBeforeUs }: { nowUs: number; deafBeforeUs: number },
): VanSource {
  const type = toSourceType(beacon.sourceType)
  return {
    id: sourceIdOf(beacon),
    type,
    direct: beacon.direct,
    addresses: [...SUFFIXES[type].map(suffix => beacon.address + suffix), beacon.address],
    state: discovered({ canFlush: beacon.direct !== undefined, isNumbered: beacon.messageId !== undefined }, timers),
    handle,
    ids: new MessageIds(timers.duplicateWindowMs * 1000),
    offset: new ClockOffset(),
    lastHeardUs: nowUs,
    deafBeforeUs,
    relinkAtUs: undefined,
  }
}
