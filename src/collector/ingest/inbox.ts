import { BoundedQueue } from '../../common/index.ts'

/** Limits of what may wait between the socket and the graph. */
export interface InboxLimits {
  maxMessages: number
  maxBytes: number
}

/** Something that came and waits for its turn. */
export interface InboxItem {
  payload: Buffer
  /** When its bytes came, in microseconds. */
  receivedUs: number
}

/** The work of one turn of the event loop; then sockets and timers have theirs. */
const SLICE_MS = 5
/** How many items are handled between two looks at the clock. */
const ITEMS_PER_LOOK = 8

/**
 * What lies between the socket and the graph: reading never waits for the graph, so that the router, which discards
 * what we do not take, always finds a reader; the graph never holds the event loop for longer than a slice.
 */
export class Inbox<Item extends InboxItem> {
  readonly #queue: BoundedQueue<Item>
  readonly #maxBytes: number
  readonly #handle: (item: Item) => void
  #bytes = 0
  #oldest: Item | undefined
  #scheduled: NodeJS.Immediate | undefined

  /** @param handle takes one item; it must not throw */
  constructor(limits: InboxLimits, handle: (item: Item) => void) {
    this.#queue = new BoundedQueue(limits.maxMessages)
    this.#maxBytes = limits.maxBytes
    this.#handle = handle
  }

  get size(): number {
    return this.#queue.size
  }

  get bytes(): number {
    return this.#bytes
  }

  /** When the item came that is next to be handled; undefined when nothing waits. */
  get oldestReceivedUs(): number | undefined {
    return this.#queue.size === 0 ? undefined : this.#oldest?.receivedUs
  }

  /** Takes an item; false when there is no room for it. */
  offer(item: Item): boolean {
    if (this.#bytes + item.payload.length > this.#maxBytes || !this.#queue.push(item)) return false
    if (this.#queue.size === 1) this.#oldest = item
    this.#bytes += item.payload.length
    this.#scheduled ??= setImmediate(() => this.#work())
    return true
  }

  /** Drops what waits, and returns how many items that were. */
  clear(): number {
    clearImmediate(this.#scheduled)
    this.#scheduled = undefined
    const dropped = this.#queue.size
    while (this.#queue.shift() !== undefined);
    this.#bytes = 0
    return dropped
  }

  #work(): void {
    const until = performance.now() + SLICE_MS
    do {
      for (let index = 0; index < ITEMS_PER_LOOK; index += 1) {
        const item = this.#queue.shift()
        if (item === undefined) break
        this.#oldest = item
        this.#bytes -= item.payload.length
        this.#handle(item)
      }
    } while (this.#queue.size > 0 && performance.now() < until)
    this.#scheduled = this.#queue.size > 0 ? setImmediate(() => this.#work()) : undefined
  }
}
