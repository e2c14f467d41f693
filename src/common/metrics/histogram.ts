import { sampleLine } from './exposition.ts'

/** How often values were seen, by bounds that the values do not exceed. */
export class Histogram {
  readonly #bounds: readonly number[]
  readonly #buckets: number[]
  #count = 0
  #sum = 0

  /** @param bounds ascending */
  constructor(bounds: readonly number[]) {
    this.#bounds = bounds
    this.#buckets = bounds.map(() => 0)
  }

  /** How often anything was seen. */
  get count(): number {
    return this.#count
  }

  observe(value: number): void {
    this.#count += 1
    this.#sum += value
    const index = this.#bounds.findIndex(bound => value <= bound)
    if (index >= 0) this.#buckets[index] = (this.#buckets[index] ?? 0) + 1
  }

  /** The lines of the family `name`; each bucket also counts what is in those before it. */
  lines(name: string, labels: string): string {
    let text = ''
    let below = 0
    for (const [index, bound] of this.#bounds.entries()) {
      below += this.#buckets[index] ?? 0
      text += sampleLine(`${name}_bucket`, `${labels},le="${bound}"`, below)
    }
    text += sampleLine(`${name}_bucket`, `${labels},le="+Inf"`, this.#count)
    return text + sampleLine(`${name}_sum`, labels, this.#sum) + sampleLine(`${name}_count`, labels, this.#count)
  }
}
