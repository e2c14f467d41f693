import type { AttributeValue } from '../../vanflow/index.ts'

/** A record of the view as the APIs read it. Attribute names are those of the VAN-Flow table (`vanAddress`, `octets`). */
export interface ViewRecord {
  readonly identity: string
  /** `ROUTER`, `LINK`, `BIFLOW_TPORT`, …; also the inferred `VAN_ADDRESS` and `IMAGE`. */
  readonly recordType: string
  /** Attributes by name, in a stable order; recordType and identity are not among them. */
  readonly attributes: Readonly<Record<string, AttributeValue>>
  /** Microseconds, in the source's clock; undefined while alive. */
  readonly endTimeUs: number | undefined
}

/** Something that happened to a record. */
export interface ViewChange {
  kind: 'created' | 'updated' | 'ended' | 'evicted'
  record: ViewRecord
}

/** How APIs, metrics and commands read the graph. Reads are pure: they store nothing in the records. */
export interface ViewPort {
  get(identity: string): ViewRecord | undefined
  byType(recordType: string): Iterable<ViewRecord>
  children(identity: string): Iterable<ViewRecord>
  /** The inferred VAN_ADDRESS record of a service address. */
  address(vanAddress: string): ViewRecord | undefined
  /** Listeners and connectors of a service address. */
  bindings(vanAddress: string): Iterable<ViewRecord>
  /** The service address that a record belongs to (listener, connector, flow or the address itself). */
  addressOf(record: ViewRecord): string | undefined
  /** Calls back on every change until the returned function is called. The callback must not throw or block. */
  subscribe(listener: (change: ViewChange) => void): () => void
}
