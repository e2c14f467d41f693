import { EventSource } from './event-source.ts'
import type { SourceType } from './source.ts'
import type { Rows } from './storage/rows.ts'

/** All incarnations of sources that are open or still have records. Indexes start at 1 and are used again. */
export class EventSources {
  readonly #rows: Rows
  readonly #sources: (EventSource | undefined)[] = [undefined]
  readonly #free: number[] = []
  readonly #latest = new Map<string, EventSource>()

  constructor(rows: Rows) {
    this.#rows = rows
  }

  /** The latest incarnation of a source. */
  latest(id: string): EventSource | undefined {
    return this.#latest.get(id)
  }

  /** The incarnation that owns a record; undefined for a vacant row. */
  at(index: number): EventSource | undefined {
    return this.#sources[index]
  }

  open(id: string, type: SourceType, nowUs: number): EventSource {
    const epoch = (this.#latest.get(id)?.epoch ?? 0) + 1
    const index = this.#free.pop() ?? this.#sources.length
    const source = new EventSource(this.#rows, { id, epoch, type, index }, nowUs)
    this.#sources[index] = source
    this.#latest.set(id, source)
    return source
  }

  /** Forgets an incarnation that is closed and has no records any more. */
  releaseIfUnused(source: EventSource): void {
    if (source.isOpen || source.retained > 0 || this.#sources[source.index] !== source) return
    this.#sources[source.index] = undefined
    this.#free.push(source.index)
    if (this.#latest.get(source.id) === source) this.#latest.delete(source.id)
  }
}
