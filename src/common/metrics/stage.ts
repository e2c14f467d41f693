/**
 * The account of one stage of a pipeline: what it took in, passed on and dropped, by cause. Plain numbers, because
 * stages count on every event; the metrics registry reads them when it is scraped.
 * `received` equals `passed` plus all drops plus what is still queued.
 */
export class StageAccount {
  received = 0
  passed = 0
  readonly #dropped = new Map<string, number>()

  /** Counts lost items. The cause is a short fixed word (`full`, `syntax`), never text from outside. */
  drop(cause: string, count = 1): void {
    this.#dropped.set(cause, (this.#dropped.get(cause) ?? 0) + count)
  }

  /** How many were dropped for one cause, or in all. */
  dropped(cause?: string): number {
    if (cause !== undefined) return this.#dropped.get(cause) ?? 0
    let sum = 0
    for (const count of this.#dropped.values()) sum += count
    return sum
  }

  get droppedByCause(): ReadonlyMap<string, number> {
    return this.#dropped
  }
}
