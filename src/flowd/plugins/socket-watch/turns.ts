import { setImmediate as nextTurn } from 'node:timers/promises'

/** However much there is to look at, it takes at most this share of the time. */
export const BUSY_SHARE = 0.1

/** How long work may keep the event loop from timers and other sockets. */
const TURN_MS = 5

/** Cuts long work into turns, between which the rest of the program has its own. */
export class Turns {
  #beganMs = performance.now()
  #busyMs = -processorMs()

  /** How much processor time the work has taken until now; to be read within a turn. */
  get busyMs(): number {
    return this.#busyMs + processorMs()
  }

  /** Whether the present turn has lasted long enough; then `next` is to be awaited. */
  get isOver(): boolean {
    return performance.now() - this.#beganMs >= TURN_MS
  }

  async next(): Promise<void> {
    this.#busyMs += processorMs()
    await nextTurn()
    this.#busyMs -= processorMs()
    this.#beganMs = performance.now()
  }
}

/** What this thread has used; waiting for a processor that others use does not count. */
function processorMs(): number {
  const { user, system } = process.threadCpuUsage()
  return (user + system) / 1000
}
