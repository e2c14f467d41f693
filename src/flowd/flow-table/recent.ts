interface Noted<What> {
  what: What
  notedMs: number
}

/** What became of flows and sockets a moment ago, by their keys; the oldest gives way when there are too many. */
export class Recent<What> {
  readonly #memoryMs: number
  readonly #most: number
  readonly #notes = new Map<string, Noted<What>>()
  /** Goes on where it was. A new one would step over all that was deleted since the map was last rebuilt. */
  readonly #oldestFirst = this.#notes.keys()

  /** @param most how many are remembered, so long at most */
  constructor(memoryMs: number, most: number) {
    this.#memoryMs = memoryMs
    this.#most = most
  }

  note(key: string, what: What): void {
    // Set anew, it is the youngest.
    this.#notes.delete(key)
    this.#notes.set(key, { what, notedMs: performance.now() })
    if (this.#notes.size <= this.#most) return
    const { value: oldest } = this.#oldestFirst.next()
    if (oldest !== undefined) this.#notes.delete(oldest)
  }

  get(key: string): What | undefined {
    const noted = this.#notes.get(key)
    if (noted === undefined) return undefined
    if (performance.now() - noted.notedMs <= this.#memoryMs) return noted.what
    this.#notes.delete(key)
    return undefined
  }

  delete(key: string): void {
    this.#notes.delete(key)
  }
}
