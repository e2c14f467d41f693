/** So long at first: most of what hinders has gone by then. */
const FIRST_MS = 1000
/** So long at most: soon enough for whoever has mended the cause, too seldom to cost anything or to fight. */
const LONGEST_MS = 300_000

/** How long to wait before the next attempt: twice as long each time, from a second to five minutes. */
export class GrowingPause {
  #nextMs = FIRST_MS

  /** The pause to make now. */
  next(): number {
    const pauseMs = this.#nextMs
    this.#nextMs = Math.min(LONGEST_MS, pauseMs * 2)
    return pauseMs
  }

  /** The next pause is a short one again. */
  reset(): void {
    this.#nextMs = FIRST_MS
  }
}
