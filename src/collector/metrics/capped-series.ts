/** A series that may be forgotten when nothing counts in it any more. */
export interface Expirable {
  /** Connections that still count here. */
  live: number
  lastUsedMs: number
}

/**
 * Series by their labels, at most so many; beyond that all share one, so that sums stay right. A series in which
 * nothing happened for long is forgotten, since names of hosts come and go for ever.
 *
 * `Of` is what labels are made of.
 */
export class CappedSeries<Of, Series extends Expirable> {
  readonly #series = new Map<string, Series>()
  readonly #labelsOf: (of: Of) => string
  readonly #open: (labels: string, of: Of) => Series
  readonly #maxSeries: number
  readonly #others: Of
  #refused = 0

  /** @param others what the shared series is of */
  constructor(
    labelsOf: (of: Of) => string,
    open: (labels: string, of: Of) => Series,
    { maxSeries, others }: { maxSeries: number; others: Of },
  ) {
    this.#labelsOf = labelsOf
    this.#open = open
    this.#maxSeries = maxSeries
    this.#others = others
  }

  get size(): number {
    return this.#series.size
  }

  /** How often the shared series had to serve. */
  get refused(): number {
    return this.#refused
  }

  get(of: Of): Series {
    const labels = this.#labelsOf(of)
    const known = this.#series.get(labels)
    if (known !== undefined) return known
    if (this.#series.size < this.#maxSeries || of === this.#others) {
      const series = this.#open(labels, of)
      this.#series.set(labels, series)
      return series
    }
    this.#refused += 1
    return this.get(this.#others)
  }

  values(): IterableIterator<Series> {
    return this.#series.values()
  }

  forgetIdle(beforeMs: number): void {
    for (const [labels, series] of this.#series) {
      if (series.live === 0 && series.lastUsedMs < beforeMs) this.#series.delete(labels)
    }
  }
}
