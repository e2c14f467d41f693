/** Small enough that the allocator uses it again, large enough for a hundred replies. */
const SLAB_BYTES = 65_536

/**
 * Keeps copies of many small runs of bytes side by side: a buffer for each would cost more than the copying. What is
 * kept does not change afterwards; a slab is freed when nobody holds a run of it any more.
 */
export class Slab {
  #bytes = Buffer.allocUnsafeSlow(SLAB_BYTES)
  #used = 0

  /** Holds the run that was kept last. */
  get bytes(): Buffer {
    return this.#bytes
  }

  /** Copies a run of at most a slab's length, and returns where in `bytes` it lies now. */
  keep(source: Buffer, start: number, end: number): number {
    if (this.#used + end - start > SLAB_BYTES) {
      this.#bytes = Buffer.allocUnsafeSlow(SLAB_BYTES)
      this.#used = 0
    }
    const at = this.#used
    source.copy(this.#bytes, at, start, end)
    this.#used += end - start
    return at
  }
}
