export type Labels<Name extends string> = Readonly<Record<Name, string>>

/** What a capped metric stands on. */
export interface SeriesSource<Name extends string, Series> {
  labelNames: readonly Name[]
  open(labels: Labels<Name>): Series
  close(labels: Labels<Name>): void
  /** A series that records nothing. */
  none: Series
  maxSeries: number
  /** Called for each use of a series that the cap refused. */
  onCapped(): void
}

/**
 * A labelled metric whose number of series is bounded, because labels come from traffic and each series costs memory
 * and scrape time for ever.
 */
export class CappedMetric<Name extends string, Series> {
  readonly #source: SeriesSource<Name, Series>
  readonly #series = new Map<string, Series>()

  constructor(source: SeriesSource<Name, Series>) {
    this.#source = source
  }

  /**
   * The series of these labels: look it up once and keep it where it is used often. Beyond the cap it records nothing.
   */
  labels(labels: Labels<Name>): Series {
    const key = this.#key(labels)
    const known = this.#series.get(key)
    if (known !== undefined) return known
    if (this.#series.size >= this.#source.maxSeries) {
      this.#source.onCapped()
      return this.#source.none
    }
    const series = this.#source.open(labels)
    this.#series.set(key, series)
    return series
  }

  /** Ends a series: it is exported no more and makes room under the cap. */
  remove(labels: Labels<Name>): void {
    if (this.#series.delete(this.#key(labels))) this.#source.close(labels)
  }

  #key(labels: Labels<Name>): string {
    return this.#source.labelNames.map(name => labels[name]).join('\0')
  }
}
