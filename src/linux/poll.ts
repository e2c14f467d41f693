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
 */
export function watchReadable(fd: number, onReadable: () => void): Watch {
  let closed = false
  let pending = false
  const handle = koffi.node.poll(fd, { readable: true }, () => {
    if (pending) return
    pending = true
    setImmediate(() => {
      pending = false
      if (!closed) onReadable()
    })
  })
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
