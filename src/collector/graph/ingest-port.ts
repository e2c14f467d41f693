import type { VanRecord } from '../../vanflow/index.ts'
import type { ApplyOutcome, SourceEndReason, SourceHandle, SourceType } from './source.ts'

/**
 * How ingest feeds the graph: the one seam between what speaks AMQP (or fireflies) and what holds the view.
 * All calls are synchronous and cheap; times are the collector's clock in microseconds since the epoch.
 */
export interface IngestPort {
  /** A source was discovered, or restarted under the same id (the former incarnation is then ended as `restarted`). */
  openSource(id: string, type: SourceType, nowUs: number): SourceHandle
  /** Merges one record; never throws for what a source sent. */
  apply(source: SourceHandle, record: VanRecord, nowUs: number): ApplyOutcome
  /** A FLUSH was sent: what the source does not mention again until `sweep` is gone. */
  mark(source: SourceHandle, nowUs: number): void
  /** Ends the records of the source that were not refreshed since `mark`. Returns how many. */
  sweep(source: SourceHandle, nowUs: number): number
  /** The source fell silent or the collector stops: its records end with the reason, at the time it was last heard. */
  closeSource(source: SourceHandle, reason: SourceEndReason, lastHeardUs: number, nowUs: number): void
}
