/** What kind of event source a BEACON announced. */
export type SourceType = 'ROUTER' | 'CONTROLLER' | 'UNKNOWN'

/**
 * One incarnation of an event source. A router that restarts under the same id is a new incarnation: it gets a new
 * handle, and the records of the old one end.
 */
export interface SourceHandle {
  /** The source's id as its BEACON gave it, for example `fz6wq:0`. */
  readonly id: string
  /** 1 for the first incarnation seen of this id, then counting up. */
  readonly epoch: number
  readonly type: SourceType
  /**
   * Collector clock minus source clock, in microseconds (sourceNow = collectorNow - offset); undefined before the first
   * HEARTBEAT.
   */
  clockOffsetUs: number | undefined
}

/** Why records of a source ended without an end on the wire. */
export type SourceEndReason = 'restarted' | 'silent' | 'shutdown'

/** Why a record ended: its source said so, its source ended, or it was missing from the answer to a FLUSH. */
export type EndReason = 'reported' | SourceEndReason | 'swept'

/** What became of one record that was handed to the graph. */
export type ApplyOutcome =
  /** It changed the view. */
  | 'applied'
  /** It repeated what was known. */
  | 'unchanged'
  /** A delta without its beginning: kept, and a FLUSH of its source should follow. */
  | 'incomplete'
  /** A record type that the table does not know. */
  | 'unknown-type'
  /** Its source was closed before. */
  | 'closed-source'
  /** A cap was reached: the record, or new texts of it, found no room. */
  | 'capped'
