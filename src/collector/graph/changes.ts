import type { ViewChange, ViewRecord } from './view-port.ts'

/** Those who want to hear of changes. Nothing is made for them while there are none. */
export class Changes {
  readonly #listeners = new Set<(change: ViewChange) => void>()
  /** Asked before a change is put together. */
  isWatched = false

  subscribe(listener: (change: ViewChange) => void): () => void {
    // A function may subscribe twice; each subscription ends on its own.
    const own = (change: ViewChange): void => listener(change)
    this.#listeners.add(own)
    this.isWatched = true
    return () => {
      this.#listeners.delete(own)
      this.isWatched = this.#listeners.size > 0
    }
  }

  tell(kind: ViewChange['kind'], record: ViewRecord): void {
    const change: ViewChange = { kind, record }
    for (const listener of this.#listeners) listener(change)
  }
}
