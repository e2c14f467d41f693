const FIRST_CAPACITY = 1024

/**
 * What is kept of each connection, in typed arrays: a million objects would cost the garbage collector a long look at
 * each of them.
 */
export class Slots<Series> {
  readonly #slots = new Map<string, number>()
  readonly #free: number[] = []
  /** What each connection counts in, by slot; undefined while that is open. */
  readonly #series: (Series | undefined)[] = []
  #used = 0
  #sent = new Float64Array(FIRST_CAPACITY)
  #received = new Float64Array(FIRST_CAPACITY)
  #flags = new Uint8Array(FIRST_CAPACITY)

  get size(): number {
    return this.#slots.size
  }

  find(id: string): number | undefined {
    return this.#slots.get(id)
  }

  add(id: string): number {
    const slot = this.#free.pop() ?? this.#next()
    this.#slots.set(id, slot)
    this.#sent[slot] = 0
    this.#received[slot] = 0
    this.#flags[slot] = 0
    this.#series[slot] = undefined
    return slot
  }

  series(slot: number): Series | undefined {
    return this.#series[slot]
  }

  setSeries(slot: number, series: Series): void {
    this.#series[slot] = series
  }

  remove(id: string): void {
    const slot = this.#slots.get(id)
    if (slot === undefined) return
    this.#slots.delete(id)
    this.#series[slot] = undefined
    this.#free.push(slot)
  }

  /** Stores the count of bytes sent so far; returns by how much it grew, never less than 0. */
  grownSent(slot: number, sent: number): number {
    return grown(this.#sent, slot, sent)
  }

  grownReceived(slot: number, received: number): number {
    return grown(this.#received, slot, received)
  }

  /** Sets a flag; false when it was set already. */
  raise(slot: number, flag: number): boolean {
    const flags = this.#flags[slot] ?? 0
    this.#flags[slot] = flags | flag
    return (flags & flag) === 0
  }

  #next(): number {
    if (this.#used === this.#flags.length) {
      const capacity = this.#used * 2
      this.#sent = enlarge(this.#sent, new Float64Array(capacity))
      this.#received = enlarge(this.#received, new Float64Array(capacity))
      this.#flags = enlarge(this.#flags, new Uint8Array(capacity))
    }
    this.#used += 1
    return this.#used - 1
  }
}

function grown(counts: Float64Array, slot: number, count: number): number {
  const before = counts[slot] ?? 0
  // A count that fell came out of order; a router that began anew gets a new slot.
  if (!(count > before)) return 0
  counts[slot] = count
  return count - before
}

function enlarge<Values extends Float64Array | Uint8Array>(from: Values, to: Values): Values {
  to.set(from)
  return to
}
