import type { Changes } from '../changes.ts'
import type { InferredRecord } from './inferred-record.ts'

/** The records that the collector infers, by identity. They are numbered as the prototype does: `col:0`, `col:1`, … */
export class InferredRecords {
  readonly #changes: Changes
  readonly #byIdentity = new Map<string, InferredRecord>()
  #next = 0

  constructor(changes: Changes) {
    this.#changes = changes
  }

  get(identity: string): InferredRecord | undefined {
    return this.#byIdentity.get(identity)
  }

  /** Makes a record, with the next number. */
  add<Kind extends InferredRecord>(make: (number: number) => Kind): Kind {
    const record = make(this.#next)
    this.#next += 1
    this.#byIdentity.set(record.identity, record)
    this.#tell('created', record)
    return record
  }

  updated(record: InferredRecord): void {
    this.#tell('updated', record)
  }

  remove(record: InferredRecord): void {
    this.#tell('evicted', record)
    record.isRetained = false
    this.#byIdentity.delete(record.identity)
  }

  #tell(kind: 'created' | 'updated' | 'evicted', record: InferredRecord): void {
    if (this.#changes.isWatched) this.#changes.tell(kind, record)
  }
}
