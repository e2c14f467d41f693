import { TidemarkError } from '../../../common/index.ts'
import type { BpfMap } from '../../../linux/index.ts'
import { type FiveTuple, flowKey, isEveryFlow } from '../../../scitags/index.ts'
import { CONNECTION_BYTES, writeConnection } from '../../sock-ops/index.ts'
import { encodeFollowed, FOLLOWED_BYTES, nameOf } from './layout.ts'

/**
 * The flows that the program samples: the kernel's map of them, and the name that each record calls its flow by. A flow
 * gets a new name each time it is followed, so a late record of a connection is not taken for one of the next that
 * has the same ports.
 */
export class FollowedFlows {
  readonly #map: BpfMap
  readonly #connection = Buffer.alloc(CONNECTION_BYTES)
  readonly #names = new Map<string, number>()
  readonly #keys = new Map<number, string>()
  #lastName = 0

  /** @throws TidemarkError BPF_OBJECT_INVALID when the map has another layout */
  constructor(map: BpfMap, path: string) {
    const { keyBytes, valueBytes } = map
    if (keyBytes !== CONNECTION_BYTES || valueBytes !== FOLLOWED_BYTES) {
      const reason = `its keys and values have ${keyBytes} and ${valueBytes} bytes, not ${CONNECTION_BYTES} and ${FOLLOWED_BYTES}`
      throw new TidemarkError('BPF_OBJECT_INVALID', { path, reason })
    }
    this.#map = map
  }

  get size(): number {
    return this.#names.size
  }

  /** The `flowKey` of the flow with that name, while it is followed. */
  key(name: number): string | undefined {
    return this.#keys.get(name)
  }

  /** Follows a flow that has a TCP socket, if it is not followed yet; false when the map is full. */
  follow(tuple: FiveTuple): boolean {
    const key = flowKey(tuple)
    if (tuple.protocol !== 'tcp' || isEveryFlow(tuple) || this.#names.has(key)) return true
    const name = this.#lastName + 1
    writeConnection(tuple, this.#connection)
    if (!this.#map.set(this.#connection, encodeFollowed(name))) return false
    this.#lastName = name
    this.#names.set(key, name)
    this.#keys.set(name, key)
    return true
  }

  unfollow(tuple: FiveTuple): void {
    const key = flowKey(tuple)
    const name = this.#names.get(key)
    if (name === undefined) return
    this.#names.delete(key)
    this.#keys.delete(name)
    writeConnection(tuple, this.#connection)
    // Two flows may mean one connection: an IPv4 address, and the same in its IPv6 form. The later one has the entry.
    const entry = this.#map.get(this.#connection)
    if (entry !== undefined && nameOf(entry) === name) this.#map.delete(this.#connection)
  }
}
