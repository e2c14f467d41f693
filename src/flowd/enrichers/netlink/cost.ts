/** How fast the estimate follows costs that rise. */
const RISE = 0.05

/**
 * What one item of some work costs this thread in CPU time, learned from doing it. A lower cost is believed at once, a
 * higher one slowly: cold caches and collected garbage only add.
 */
export class Cost {
  #us: number

  constructor(initialUs: number) {
    this.#us = initialUs
  }

  /** Microseconds of one item. */
  get us(): number {
    return this.#us
  }

  /** Does some work and learns from it; the work returns how many items it did. */
  measure(work: () => number): void {
    const before = process.threadCpuUsage()
    const items = work()
    if (items === 0) return
    const { user, system } = process.threadCpuUsage(before)
    const us = (user + system) / items
    this.#us = us < this.#us ? us : this.#us + (us - this.#us) * RISE
  }
}
