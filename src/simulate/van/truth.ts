import { ATTRIBUTE, type AttributeValue } from '../../vanflow/index.ts'
import type { EventSource } from './event-source.ts'
import type { TrafficCounts } from './traffic.ts'

/** A live record, as a collector that missed nothing shows it. */
export interface TrueRecord {
  type: number
  identity: string
  /** The source that tells of it. A SITE may be told of by two sources; the controller comes first. */
  sourceId: string
  attributes: ReadonlyMap<number, AttributeValue>
}

/** What is so in a simulated network at this moment. */
export interface VanTruth {
  /** Ids of the sources that run and can be heard. */
  sources: readonly string[]
  /** Every live record of those sources, by identity. */
  records: ReadonlyMap<string, TrueRecord>
  /** Live connections, and what the traffic was since the start. */
  connections: TrafficCounts & { open: number }
}

/** Gathers the live records of sources. Attributes 3 and 4 with the value 0 are left out: that means "not set". */
export function trueRecords(sources: Iterable<EventSource>): Map<string, TrueRecord> {
  const records = new Map<string, TrueRecord>()
  for (const source of sources) {
    for (const { type, identity, attributes, ended } of source.records) {
      if (ended || records.has(identity)) continue
      const set = [...attributes].filter(([code, value]) => !(isStartOrEnd(code) && value === 0))
      records.set(identity, { type, identity, sourceId: source.id, attributes: new Map(set) })
    }
  }
  return records
}

function isStartOrEnd(code: number): boolean {
  return code === ATTRIBUTE.startTime || code === ATTRIBUTE.endTime
}
