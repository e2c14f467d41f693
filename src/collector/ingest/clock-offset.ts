/** Heartbeats that an estimate rests on: 16 s of them. */
const WINDOW = 8
/**
 * So many samples in a row this far above the estimate mean that the source's clock was set back, not that we were
 * slow.
 */
const STEP_SAMPLES = 3
const STEP_US = 500_000

/**
 * Estimates collector clock minus source clock from HEARTBEATs. A heartbeat's way to us only ever makes the difference
 * larger, so the least of the last few is the best; a clock that was set back shows as a lasting step.
 */
export class ClockOffset {
  #samples: number[] = []

  /**
   * @param sourceNowUs what the source's clock said when it sent
   * @param receivedUs what ours said when the bytes arrived
   * @returns the estimate, in microseconds
   */
  add(sourceNowUs: number, receivedUs: number): number {
    this.#samples.push(receivedUs - sourceNowUs)
    if (this.#samples.length > WINDOW) this.#samples.shift()
    const latest = this.#samples.slice(-STEP_SAMPLES)
    const estimate = Math.min(...this.#samples)
    if (latest.length === STEP_SAMPLES && Math.min(...latest) - estimate > STEP_US) this.#samples = latest
    return Math.min(...this.#samples)
  }
}
