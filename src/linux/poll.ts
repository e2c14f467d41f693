import koffi from 'koffi'

/** A file descriptor on the event loop; `close` ends the watch and leaves the descriptor open. */
export interface Watch {
  close(): void
}

// koffi stops to fire when its handle is collected, so every live watch is held here.
const live = new Set<object>()

/**
 * Calls back whenever a descriptor that Node itself cannot watch (netlink, AF_PACKET, a BPF ring buffer) has something
 * to read. The callback should read until nothing is left; while something is left, it is called again.
 *
 * The call comes through `setImmediate`: since Node 26.4 promises settled inside koffi's own callback are not run.
 *
 * @param restMs how long the descriptor is left alone before each call: what comes by the thousand in a second is then
 * read in a few turns, and the first of it waits that long
 */
export function watchReadable(fd: number, onReadable: () => void, restMs = 0): Watch {
  let closed = false
  let pending: NodeJS.Immediate | NodeJS.Timeout | undefined
  const read = (): void => {
    pending = undefined
    if (closed) return
    onReadable()
    if (restMs > 0 && !closed) handle.start(READABLE, onEvent)
  }
  const onEvent = (): void => {
    if (pending !== undefined) return
    if (restMs > 0) handle.stop()
    pending = restMs > 0 ? setTimeout(read, restMs) : setImmediate(read)
  }
  const handle = koffi.node.poll(fd, READABLE, onEvent)
  live.add(handle)
  return {
    close: () => {
      if (closed) return
      closed = true
      live.delete(handle)
      handle.close()
    },
  }
}

const READABLE = { readable: true } as const
