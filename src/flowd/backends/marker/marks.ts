import { type FiveTuple, flowKey, isIpv6OnTheWire } from '../../../scitags/index.ts'
import { KEY_BYTES, VALUE_BYTES, writeKey, writeMarks } from './layout.ts'
import { type Markable, type MarkingStrategy, markOf } from './strategy.ts'

/** Where marks are kept: the kernel's map. */
export interface MarkStore {
  /** False when it is full. */
  set(key: Uint8Array, value: Uint8Array): boolean
  delete(key: Uint8Array): boolean
}

/**
 * What became of a flow: it is marked; found the store full, and waits from now on; waited already; or cannot be
 * marked, as it is IPv4 or has ids or addresses for which there is no mark or key.
 */
export type MarkOutcome = 'marked' | 'full' | 'waiting' | 'ipv4' | 'unmarkable'

interface Mark {
  tuple: FiveTuple
  value: number
}

/**
 * Which flows are marked, and which would be if the store had room. The store is never asked to make room: a flow that
 * finds it full waits, and the one that waited longest gets the next place.
 */
export class Marks {
  readonly #store: MarkStore
  readonly #strategy: MarkingStrategy
  readonly #marked = new Map<string, Mark>()
  readonly #waiting = new Map<string, Mark>()
  readonly #key = Buffer.alloc(KEY_BYTES)
  readonly #value = Buffer.alloc(VALUE_BYTES)

  constructor(store: MarkStore, strategy: MarkingStrategy = 'label') {
    this.#store = store
    this.#strategy = strategy
  }

  /** How many flows wait for room. */
  get waiting(): number {
    return this.#waiting.size
  }

  /** How many flows are marked. */
  get size(): number {
    return this.#marked.size
  }

  /** What the packets of a marked flow carry. */
  value(key: string): number | undefined {
    return this.#marked.get(key)?.value
  }

  /** Marks a flow; one that is marked already keeps its place and gets this mark. */
  add(flow: Markable): MarkOutcome {
    const { key, tuple } = flow
    const value = markOf(this.#strategy, flow)
    if (!isIpv6OnTheWire(tuple)) return 'ipv4'
    if (value === undefined || !writeKey(tuple, this.#key)) return 'unmarkable'
    const mark = { tuple, value }
    if (this.#write(key, mark)) return 'marked'
    const outcome = this.#waiting.has(key) ? 'waiting' : 'full'
    this.#waiting.set(key, mark)
    return outcome
  }

  /**
   * Ends a flow's mark and gives its place to a flow that waits.
   *
   * @returns whether it was marked, waited, or neither; and how many that waited are marked now
   */
  remove(key: string): { was: 'marked' | 'waiting' | 'unknown'; admitted: number } {
    if (this.#waiting.delete(key)) return { was: 'waiting', admitted: 0 }
    const mark = this.#marked.get(key)
    if (mark === undefined) return { was: 'unknown', admitted: 0 }
    this.#marked.delete(key)
    writeKey(mark.tuple, this.#key)
    const twin = this.#twin(mark.tuple)
    if (twin === undefined) this.#store.delete(this.#key)
    else this.#set({ tuple: mark.tuple, value: undefined })
    return { was: 'marked', admitted: this.#admit() }
  }

  #admit(): number {
    let admitted = 0
    for (const [key, mark] of this.#waiting) {
      writeKey(mark.tuple, this.#key)
      if (!this.#write(key, mark)) break
      this.#waiting.delete(key)
      admitted += 1
    }
    return admitted
  }

  #write(key: string, mark: Mark): boolean {
    if (!this.#set(mark)) return false
    this.#marked.set(key, mark)
    return true
  }

  /** Writes the entry of `#key`, which a TCP and a UDP flow between the same ends share. */
  #set({ tuple, value }: { tuple: FiveTuple; value: number | undefined }): boolean {
    const twin = this.#twin(tuple)
    writeMarks(tuple.protocol === 'tcp' ? { tcp: value, udp: twin } : { tcp: twin, udp: value }, this.#value)
    return this.#store.set(this.#key, this.#value)
  }

  #twin(tuple: FiveTuple): number | undefined {
    return this.value(flowKey({ ...tuple, protocol: tuple.protocol === 'tcp' ? 'udp' : 'tcp' }))
  }
}
