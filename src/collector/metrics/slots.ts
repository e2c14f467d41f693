const FIRST_CAPACITY = 1024

/**
 * What is kept of each connection, in arrays by the key of its record: a million objects would cost the garbage
 * collector a long look at each of them.
 */
export class Slots<Series> {
  #sent = new Float64Array(FIRST_CAPACITY)
  #received = new Float64Array(FIRST_CAPACITY)
  #flags = new Uint8Array(FIRST_CAPACITY)
  readonly #series = new Array<Series | undefined>(FIRST_CAPACITY).fill(undefined)
  #size = 0

  /** Connections that have a series. */
  get size(): number {
    return this.#size
  }

  /** What a connection counts in; undefined while that is open. */
  series(key: number): Series | undefined {
    return this.#series[key]
  }

  /** Begins to count a connection. */
  begin(key: number, series: Series): void {
    this.#makeRoom(key)
    this.#sent[key] = 0
    this.#received[key] = 0
    this.#flags[key] = 0
    this.#series[key] = series
    this.#size += 1
  }

  end(key: number): void {
    if (this.#series[key] === undefined) return
    this.#series[key] = undefined
    this.#size -= 1
  }

  /** Stores the count of bytes sent so far; returns by how much it grew, never less than 0. */
  grownSent(key: number, sent: number): number {
    return grown(this.#sent, key, sent)
  }

  grownReceived(key: number, received: number): number {
    return grown(this.#received, key, received)
  }

  /** Sets a flag; false when it was set already. */
  raise(key: number, flag: number): boolean {
    const flags = this.#flags[key] ?? 0
    this.#flags[key] = flags | flag
    return (flags & flag) === 0
  }

  #makeRoom(key: number): void {
    let capacity = this.#flags.length
    if (key < capacity) return
    while (key >= capacity) capacity *= 2
    this.#sent = enlarge(this.#sent, new Float64Array(capacity))
    this.#received = enlarge(this.#received, new Float64Array(capacity))
    this.#flags = enlarge(this.#flags, new Uint8Array(capacity))
    while (this.#series.length < capacity) this.#series.push(undefined)
  }
}

function grown(counts: Float64Array, key: number, count: number): number {
  const before = counts[key] ?? 0
  // A count that fell came out of order; a router that began anew has new records.
  if (!(count > before)) return 0
  counts[key] = count
  return count - before
}

function enlarge<Values extends Float64Array | Uint8Array>(from: Values, to: Values): Values {
  to.set(from)
  return to
}
