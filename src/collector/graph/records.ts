import { Changes } from './changes.ts'
import { clearEndReason, endReasonOf, setEndReason } from './end-reasons.ts'
import type { EventSource } from './event-source.ts'
import { EventSources } from './event-sources.ts'
import { Images } from './inferred/images.ts'
import { InferredRecords } from './inferred/inferred-records.ts'
import { VanAddresses } from './inferred/van-addresses.ts'
import { Processes } from './processes.ts'
import { isBindingType, isFlowType } from './record-kinds.ts'
import { Retention, type RetentionLimits } from './retention.ts'
import type { EndReason } from './source.ts'
import { NUMBER, STATE, WORD } from './storage/layout.ts'
import { RecordStore } from './storage/record-store.ts'
import { TypeIndex } from './type-index.ts'
import { RecordReader } from './view/record-reader.ts'
import { RecordView } from './view/record-view.ts'
import type { EvictionCause, ViewChange } from './view-port.ts'

/** Sources that may take over a record: a site has a few routers and a controller. More add nothing to its safety. */
const MOST_CO_OWNERS = 16

/** The records of the graph, and all that follows when one begins, ends, lives after all, or goes. */
export class Records {
  readonly store: RecordStore
  readonly sources: EventSources
  readonly retention: Retention
  readonly changes = new Changes()
  readonly inferred = new InferredRecords(this.changes)
  readonly images = new Images(this.inferred)
  readonly addresses: VanAddresses
  readonly processes: Processes
  readonly types: TypeIndex
  readonly reader: RecordReader
  /** Records that live. */
  live = 0
  readonly evicted: Record<EvictionCause, number> = { age: 0, count: 0, bytes: 0 }
  /** Detached records that may prove to be the ones that bear their identity now, by identity. */
  readonly former = new Map<string, number>()
  /** Further open sources that mention a record (a SITE may come from a router and from a controller). */
  readonly coOwners = new Map<number, EventSource[]>()

  constructor(limits: RetentionLimits, nowUs: () => number) {
    this.store = new RecordStore(row => this.retention.reconsider(row))
    this.sources = new EventSources(this.store.rows)
    this.retention = new Retention(this.store, limits, (row, cause) => this.#evict(row, cause))
    this.addresses = new VanAddresses(this.store, this.inferred, row => this.tell('updated', row))
    this.processes = new Processes(this.store, this.sources)
    this.types = new TypeIndex(this.store.rows)
    const { store, sources, processes, images } = this
    this.reader = new RecordReader({ store, sources, processes, images, nowUs })
  }

  /** The view of a row. */
  view(row: number): RecordView {
    return new RecordView(this.store, this.reader, row)
  }

  tell(kind: ViewChange['kind'], row: number): void {
    if (this.changes.isWatched) this.changes.tell(kind, this.view(row))
  }

  /** Puts a record into a vacant row. */
  begin(row: number, type: number, source: EventSource): void {
    this.store.fill(row, type)
    this.store.rows.set(row, STATE.fresh)
    this.types.add(row, type)
    this.own(row, source)
    source.live.push(row)
    this.live += 1
  }

  /** Makes a source the owner of a record. */
  own(row: number, source: EventSource): void {
    const { rows } = this.store
    const former = this.sources.at(rows.word(row, WORD.source))
    rows.setWord(row, WORD.source, source.index)
    rows.setWord(row, WORD.touched, source.generation)
    source.retained += 1
    if (former === undefined) return
    former.retained -= 1
    this.sources.releaseIfUnused(former)
  }

  /** Another open source mentions a record that has an owner. */
  share(row: number, source: EventSource): void {
    const sharing = this.coOwners.get(row) ?? []
    if (sharing.includes(source)) return
    // Controllers come and go for as long as a site lives: those that went are let go here.
    const open = sharing.filter(({ isOpen }) => isOpen)
    if (open.length < MOST_CO_OWNERS) this.coOwners.set(row, [...open, source])
  }

  /** Gives a live record to another open source that mentions it. False when there is none. */
  handOver(row: number, owner: EventSource): boolean {
    const sharing = this.coOwners.get(row)?.filter(({ isOpen }) => isOpen)
    const heir = sharing?.shift()
    if (sharing === undefined || heir === undefined) return false
    if (sharing.length === 0) this.coOwners.delete(row)
    else this.coOwners.set(row, sharing)
    owner.live.remove(row)
    heir.live.push(row)
    this.own(row, heir)
    return true
  }

  /**
   * A record ended. One that ended already only takes the new reason and time, when the source itself reports them.
   *
   * @param endUs by the source's clock
   */
  end(row: number, reason: EndReason, endUs: number, nowUs: number): void {
    const { rows } = this.store
    const hadEnded = rows.has(row, STATE.ended)
    setEndReason(rows, row, reason)
    rows.setNumber(row, NUMBER.endTime, Math.max(endUs, rows.number(row, NUMBER.startTime) ?? 0))
    if (hadEnded) {
      this.tell('updated', row)
      return
    }
    this.live -= 1
    this.#turned(row, -1)
    this.sources.at(rows.word(row, WORD.source))?.live.remove(row)
    this.tell('ended', row)
    this.retention.add(row, nowUs)
  }

  /** A record that was thought to have ended lives. */
  revive(row: number): void {
    const { rows } = this.store
    clearEndReason(rows, row)
    rows.unsetNumber(row, NUMBER.endTime)
    this.retention.forget(row)
    this.sources.at(rows.word(row, WORD.source))?.live.push(row)
    this.live += 1
    this.#turned(row, 1)
  }

  /** Why a record ended; undefined while it lives. */
  endReason(row: number): EndReason | undefined {
    return endReasonOf(this.store.rows, row)
  }

  /** A live record turns out to be nothing of its own: it goes without a trace. */
  discard(row: number): void {
    this.live -= 1
    this.#turned(row, -1)
    this.sources.at(this.store.rows.word(row, WORD.source))?.live.remove(row)
    this.store.rows.set(row, STATE.ended)
    this.#remove(row)
  }

  #turned(row: number, by: 1 | -1): void {
    const type = this.store.rows.type(row)
    if (isFlowType(type)) this.addresses.flowTurned(row, by)
    else if (isBindingType(type)) this.addresses.bindingTurned(row, by)
  }

  #evict(row: number, cause: EvictionCause): void {
    this.retention.forget(row)
    this.evicted[cause] += 1
    this.#remove(row)
  }

  #remove(row: number): void {
    const { rows } = this.store
    const type = rows.type(row)
    const source = this.sources.at(rows.word(row, WORD.source))
    this.tell('evicted', row)
    if (isFlowType(type)) this.addresses.leave(row)
    else if (isBindingType(type)) this.addresses.unbind(row)
    this.processes.remove(row)
    this.images.remove(row)
    this.types.remove(row, type)
    this.coOwners.delete(row)
    if (rows.has(row, STATE.detached) && this.former.get(this.store.identity(row)) === row) {
      this.former.delete(this.store.identity(row))
    }
    this.store.remove(row)
    if (source === undefined) return
    source.retained -= 1
    this.sources.releaseIfUnused(source)
  }
}
