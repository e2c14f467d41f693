import { isEveryFlow } from '../../scitags/index.ts'
import type { Usage } from '../event.ts'
import type { Flow } from '../flow.ts'
import { Recent } from './recent.ts'
import type { ReadSocket, SocketReading } from './socket-probe.ts'

/** How long a connection may rest between two flows, and of how many that is remembered. */
const MEMORY_MS = 3_600_000
const MAX_SOCKETS = 65_536

/**
 * How many sockets are read at ends in a window of time. A reading costs some 8 µs, so that these take a fortieth of
 * a processor; more ends than 3,000 a second would cost the pipe its rate.
 */
const READINGS = 300
const WINDOW_MS = 100

/**
 * What sockets have moved in all. One may serve flow after flow, as a kept HTTP connection does: what one flow has
 * counted is not the next one's.
 */
export class SocketTotals {
  readonly #read: ReadSocket
  /** Of sockets that were left by their flow, by its key. */
  readonly #left = new Recent<SocketReading>(MEMORY_MS, MAX_SOCKETS)
  #windowEndsMs = 0
  #readings = 0
  #unread = 0

  constructor(read: ReadSocket) {
    this.#read = read
  }

  /** What the socket of a flow that begins had moved for flows before; undefined when it is no such socket. */
  before({ key, tuple }: Pick<Flow, 'key' | 'tuple'>): Usage | undefined {
    const left = this.#left.get(key)
    if (left === undefined) return undefined
    this.#left.delete(key)
    return this.#read(tuple)?.cookie === left.cookie ? left.usage : undefined
  }

  /** Ends whose socket was not read, because there were too many at once. */
  get unread(): number {
    return this.#unread
  }

  /**
   * What the socket of a flow that ends has moved until now; undefined when it is not there or tells nothing, or when
   * too many flows end at once.
   */
  atEnd({ key, tuple }: Flow): Usage | undefined {
    if (tuple.protocol !== 'tcp' || isEveryFlow(tuple)) return undefined
    if (!this.#mayRead()) {
      this.#unread += 1
      return undefined
    }
    const reading = this.#read(tuple)
    if (reading !== undefined) this.#left.note(key, reading)
    return reading?.usage
  }

  #mayRead(): boolean {
    const nowMs = performance.now()
    if (nowMs >= this.#windowEndsMs) {
      this.#windowEndsMs = nowMs + WINDOW_MS
      this.#readings = 0
    }
    this.#readings += 1
    return this.#readings <= READINGS
  }
}
