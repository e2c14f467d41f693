import type { AttributeValue } from '../../vanflow/index.ts'
import type { ApplyOutcome, EndReason } from './source.ts'

/**
 * A record of the view as the APIs read it. It reads live: what it says is what the graph knows when it is asked.
 * Attribute names are those of the VAN-Flow table (`vanAddress`, `octets`).
 */
export interface ViewRecord {
  /**
   * Tells this record from all others that are retained, also from one that bears the same identity (such as the number
   * of its row): small and used again after the record was evicted, so that readers may keep what they know of records
   * in arrays. Inferred records have negative ones.
   */
  readonly key: number
  /** Once the record was evicted it is empty, unless it was asked for before. */
  readonly identity: string
  /** `ROUTER`, `LINK`, `BIFLOW_TPORT`, …; also the inferred `VAN_ADDRESS` and `IMAGE`. */
  readonly recordType: string
  /**
   * Attributes by name, in the order of their codes; recordType and identity are not among them. Beside what the
   * source sent: `process` of connectors and flows, `counterflow` of both flows of a pair, `image` of processes.
   */
  readonly attributes: Readonly<Record<string, AttributeValue>>
  /** One attribute, cheaper than all of them. */
  get(name: string): AttributeValue | undefined
  /** Microseconds, in the source's clock; undefined when the source did not say. */
  readonly startTimeUs: number | undefined
  /** Microseconds, in the source's clock; undefined while alive. */
  readonly endTimeUs: number | undefined
  /** Undefined while alive. */
  readonly endReason: EndReason | undefined
  /** From start to end, or until now by the source's clock; undefined when that is not known. */
  readonly durationUs: number | undefined
  /** The id of the event source that the record came from; undefined when it was inferred here. */
  readonly sourceId: string | undefined
  /** Whether only later deltas of the record were seen, not yet its beginning. */
  readonly isIncomplete: boolean
  /** False once the graph has evicted the record: it then has no attributes any more. */
  readonly isRetained: boolean
}

/** Something that happened to a record. An evicted record can still be read during the call. */
export interface ViewChange {
  kind: 'created' | 'updated' | 'ended' | 'evicted'
  record: ViewRecord
}

/** One look at the graph's own state, for metrics. */
export interface GraphStatistics {
  /** Records that live. */
  live: number
  /** Records that ended and are still retained. */
  ended: number
  /** What became of the records handed in; the sum is their number. */
  outcomes: Readonly<Record<ApplyOutcome, number>>
  /** Ended records that were evicted, by cause. */
  evicted: Readonly<Record<EvictionCause, number>>
  /** Attributes that were not kept, because their record had more than any record has. */
  refusedAttributes: number
  /** Places for records in use, those among them that only stand for an identity that others name. */
  rows: number
  /** Estimate of the memory that records hold. */
  bytes: number
}

/** Why an ended record was evicted: it got old, there were too many, or they held too much memory. */
export type EvictionCause = 'age' | 'count' | 'bytes'

/** How APIs, metrics and commands read the graph. Reads are pure: they store nothing in the records. */
export interface ViewPort {
  /** The record that bears an identity now; one that gave its identity to another is found by its type only. */
  get(identity: string): ViewRecord | undefined
  byType(recordType: string): Iterable<ViewRecord>
  /** The record that a record's `parent` names. */
  parentOf(record: ViewRecord): ViewRecord | undefined
  /**
   * The other record that it names: the CONNECTOR of a BIFLOW, a FLOW's counterflow, the ROUTER_ACCESS of a LINK's
   * peer.
   */
  targetOf(record: ViewRecord): ViewRecord | undefined
  /** The process at a connector, or at a flow's own end. */
  processOf(record: ViewRecord): ViewRecord | undefined
  /** The records whose `parent` this one is. */
  children(record: ViewRecord): Iterable<ViewRecord>
  /** The records whose other reference (see `targetOf`) this one is. */
  referrers(record: ViewRecord): Iterable<ViewRecord>
  /** The inferred VAN_ADDRESS record of a service address. */
  address(vanAddress: string): ViewRecord | undefined
  /** Listeners and connectors of a service address. */
  bindings(vanAddress: string): Iterable<ViewRecord>
  /** The service address that a record belongs to (listener, connector, flow or the address itself). */
  addressOf(record: ViewRecord): string | undefined
  /** Calls back on every change until the returned function is called. The callback must not throw or block. */
  subscribe(listener: (change: ViewChange) => void): () => void
  statistics(): GraphStatistics
}
