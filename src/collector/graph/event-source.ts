import type { SourceHandle, SourceType } from './source.ts'
import { RowList } from './storage/row-list.ts'
import type { Rows } from './storage/rows.ts'

/** One incarnation of an event source, as the graph holds it. */
export class EventSource implements SourceHandle {
  readonly id: string
  readonly epoch: number
  readonly type: SourceType
  /** Its number in the rows that it owns. */
  readonly index: number
  clockOffsetUs: number | undefined
  isOpen = true
  /** Counts marks; a record that it did not mention since the last has an older generation. */
  generation = 1
  /** When the last mark was made; undefined when there is nothing to sweep. */
  markedUs: number | undefined
  lastHeardUs: number
  /** Its records that have not ended. */
  readonly live: RowList
  /** Its records, ended ones included. */
  retained = 0

  constructor(rows: Rows, identity: Pick<EventSource, 'id' | 'epoch' | 'type' | 'index'>, nowUs: number) {
    this.id = identity.id
    this.epoch = identity.epoch
    this.type = identity.type
    this.index = identity.index
    this.lastHeardUs = nowUs
    this.live = new RowList(rows)
  }

  /** What the source's clock shows when the collector's shows a time; taken for the same until a HEARTBEAT came. */
  toSourceUs(collectorUs: number): number {
    return collectorUs - (this.clockOffsetUs ?? 0)
  }
}
