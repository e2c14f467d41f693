import { isEveryFlow } from '../../scitags/index.ts'
import type { Usage } from '../event.ts'
import type { Flow } from '../flow.ts'
import { Recent } from './recent.ts'
import type { ReadSocket, SocketReading } from './socket-probe.ts'

/** How long a connection may rest between two flows, and of how many that is remembered. */
const MEMORY_MS = 3_600_000
const MAX_SOCKETS = 65_536

/**
 * What sockets have moved in all. One may serve flow after flow, as a kept HTTP connection does: what one flow has
 * counted is not the next one's.
 */
export class SocketTotals {
  readonly #read: ReadSocket
  /** Of sockets that were left by their flow, by its key. */
  readonly #left = new Recent<SocketReading>(MEMORY_MS, MAX_SOCKETS)

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

  /** What the socket of a flow that ends has moved until now; undefined when it is not there or tells nothing. */
  atEnd({ key, tuple }: Flow): Usage | undefined {
    if (tuple.protocol !== 'tcp' || isEveryFlow(tuple)) return undefined
    const reading = this.#read(tuple)
    if (reading !== undefined) this.#left.note(key, reading)
    return reading?.usage
  }
}
