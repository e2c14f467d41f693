import { setTimeout as delay } from 'node:timers/promises'

/** How many flows are told, ended or brought back in one turn of the event loop. */
export const SLICE = 1000

/** How long to wait for a consumer that has no room. */
export const PAUSE_MS = 10

/** Lets timers and sockets have their turn after a slice; an empty one had no room, and waits for some. */
export async function afterSlice(size: number): Promise<void> {
  await delay(size === 0 ? PAUSE_MS : 0)
}

/**
 * Does work for many items, each slice as large as the room that there is. When patience has ended, room counts no
 * more.
 *
 * @param room how many may be done now, at most {@link SLICE}
 */
export async function inSlices<Item>(
  items: readonly Item[],
  room: () => number,
  patienceMs: number,
  work: (item: Item) => void,
): Promise<void> {
  const patienceEnds = performance.now() + patienceMs
  let done = 0
  while (done < items.length) {
    const slice = items.slice(done, done + (performance.now() < patienceEnds ? room() : SLICE))
    done += slice.length
    for (const item of slice) work(item)
    await afterSlice(slice.length)
  }
}

/** Resolves when the work is done or the time is over, whichever comes first. */
export async function within(ms: number, work: Promise<unknown>): Promise<void> {
  const over = new AbortController()
  try {
    await Promise.race([work, delay(Math.max(0, ms), undefined, { signal: over.signal })])
  } finally {
    over.abort()
  }
}
