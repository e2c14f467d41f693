/** Simulated milliseconds in a tick: the beat that everything in a simulated network keeps. */
export const TICK_MS = 100

/** Ticks in this many simulated milliseconds. */
export function ticks(ms: number): number {
  return Math.round(ms / TICK_MS)
}

/** Microseconds since the epoch by this host's clock. */
export function nowUs(): number {
  return Math.round((performance.timeOrigin + performance.now()) * 1000)
}
