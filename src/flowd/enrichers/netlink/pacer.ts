import type { Round } from './lookup-round.ts'

/** Steps less far apart than this are done together: to wake up costs as much as a step. */
const MIN_PAUSE_MS = 25

/** How long steps may be done together before timers and sockets get their turn. */
const TURN_MS = 10

/**
 * Begins a round each period and spreads its steps over it, so that the event loop is never held for long. A round that
 * does not fit its period delays the next.
 */
export class Pacer {
  readonly #periodMs: number
  readonly #begin: () => Round | undefined
  readonly #onFailure: (error: unknown) => void
  #timer: NodeJS.Timeout | undefined
  #round: Round | undefined
  #beganMs = 0
  /** When the next round is to begin. */
  #nextMs = 0
  #done = 0

  /**
   * @param begin makes the next round; undefined when there is nothing to do until the next `start`
   * @param onFailure is told when a step failed; the round goes on with the next
   */
  constructor(periodMs: number, begin: () => Round | undefined, onFailure: (error: unknown) => void) {
    this.#periodMs = periodMs
    this.#begin = begin
    this.#onFailure = onFailure
  }

  /** Begins a round soon, unless rounds go on already. */
  start(): void {
    if (this.#timer !== undefined) return
    this.#nextMs = performance.now()
    this.#timer = setTimeout(() => this.#turn(), 0)
  }

  stop(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#round = undefined
  }

  #turn(): void {
    const nowMs = performance.now()
    if (this.#round === undefined) {
      this.#round = this.#begin()
      // What a timer is late is made up for; a round that did not fit its period moves those that follow.
      this.#beganMs = Math.max(this.#nextMs, nowMs - MIN_PAUSE_MS)
      this.#nextMs = this.#beganMs + this.#periodMs
      this.#done = 0
      this.#timer = undefined
      if (this.#round === undefined) return
    }
    const nextMs = this.#work(this.#round, nowMs)
    this.#timer = setTimeout(() => this.#turn(), Math.max(0, nextMs - performance.now()))
  }

  /** Does the steps that are due, and returns when to go on. */
  #work(round: Round, nowMs: number): number {
    while (this.#dueMs(round) <= nowMs && performance.now() - nowMs < TURN_MS) {
      if (!this.#step(round)) {
        this.#round = undefined
        return this.#nextMs
      }
      this.#done += 1
    }
    return Math.max(this.#dueMs(round), performance.now() + MIN_PAUSE_MS)
  }

  /** When the next step is to be done. */
  #dueMs(round: Round): number {
    return this.#beganMs + (this.#done / Math.max(1, round.steps)) * this.#periodMs
  }

  #step(round: Round): boolean {
    try {
      return round.step()
    } catch (error) {
      this.#onFailure(error)
      return true
    }
  }
}
