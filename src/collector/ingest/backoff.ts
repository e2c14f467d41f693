/**
 * Waiting times between attempts: doubling, each shortened by up to half at random so that clients do not march in
 * step.
 */
export class Backoff {
  readonly #firstMs: number
  readonly #longestMs: number
  readonly #random: () => number
  #nextMs: number

  /** @param random gives numbers from 0 to below 1 */
  constructor(firstMs: number, longestMs: number, random: () => number = Math.random) {
    this.#firstMs = firstMs
    this.#longestMs = longestMs
    this.#random = random
    this.#nextMs = firstMs
  }

  /** How long to wait before the next attempt, in milliseconds. */
  next(): number {
    const delayMs = this.#nextMs * (1 - this.#random() / 2)
    this.#nextMs = Math.min(this.#nextMs * 2, this.#longestMs)
    return delayMs
  }

  /** An attempt succeeded. */
  reset(): void {
    this.#nextMs = this.#firstMs
  }
}
