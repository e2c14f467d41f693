/**
 * The flows that have series of their own, at most so many: labels come from traffic, and each series costs memory here
 * and in every Prometheus that scrapes. A flow that finds no room is counted once, and gets a place as soon as there is
 * one.
 */
export class FlowSlots<Entry> {
  readonly #most: number
  readonly #entries = new Map<string, Entry>()
  readonly #waiting = new Set<string>()
  #refused = 0

  constructor(most: number) {
    this.#most = most
  }

  get size(): number {
    return this.#entries.size
  }

  /** How many flows found no room when they came. */
  get refused(): number {
    return this.#refused
  }

  /** The entry of a flow, made where there is none; undefined when there is no room. */
  open(key: string, create: () => Entry): Entry | undefined {
    const known = this.#entries.get(key)
    if (known !== undefined) return known
    if (this.#entries.size >= this.#most) {
      this.#refuse(key)
      return undefined
    }
    this.#waiting.delete(key)
    const entry = create()
    this.#entries.set(key, entry)
    return entry
  }

  close(key: string): void {
    this.#entries.delete(key)
    this.#waiting.delete(key)
  }

  entries(): Iterable<Entry> {
    return this.#entries.values()
  }

  /** Who wants no such series is not refused any. */
  #refuse(key: string): void {
    if (this.#most === 0 || this.#waiting.has(key)) return
    this.#waiting.add(key)
    this.#refused += 1
  }
}
