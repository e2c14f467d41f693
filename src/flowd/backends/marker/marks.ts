import { type FiveTuple, flowKey } from '../../../scitags/index.ts'
import type { Flow } from '../../flow.ts'
import { KEY_BYTES, VALUE_BYTES, writeKey, writeLabels } from './layout.ts'

/** Where marks are kept: the kernel's map. */
export interface MarkStore {
  /** False when it is full. */
  set(key: Uint8Array, value: Uint8Array): boolean
  delete(key: Uint8Array): boolean
}

/**
 * What became of a flow: it is marked; found the store full, and waits from now on; waited already; or cannot be marked,
 * as it is IPv4 or has ids or addresses for which there is no label or key.
 */
export type MarkOutcome = 'marked' | 'full' | 'waiting' | 'ipv4' | 'unmarkable'

interface Mark {
  tuple: FiveTuple
  label: number
}

/**
 * Which flows are marked, and which would be if the store had room. The store is never asked to make room: a flow that
 * finds it full waits, and the one that waited longest gets the next place.
 */
export class Marks {
  readonly #store: MarkStore
  readonly #marked = new Map<string, Mark>()
  readonly #waiting = new Map<string, Mark>()
  readonly #key = Buffer.alloc(KEY_BYTES)
  readonly #value = Buffer.alloc(VALUE_BYTES)

  constructor(store: MarkStore) {
    this.#store = store
  }

  /** How many flows wait for room. */
  get waiting(): number {
    return this.#waiting.size
  }

  /** How many flows are marked. */
  get size(): number {
    return this.#marked.size
  }

  /** The label of a marked flow. */
  label(key: string): number | undefined {
    return this.#marked.get(key)?.label
  }

  /** Marks a flow; one that is marked already keeps its place and gets this label. */
  add({ key, tuple, label }: Pick<Flow, 'key' | 'tuple' | 'label'>): MarkOutcome {
    if (tuple.family === 'ipv4') return 'ipv4'
    if (label === undefined || !writeKey(tuple, this.#key)) return 'unmarkable'
    const mark = { tuple, label }
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
    const twin = this.#twinLabel(mark.tuple)
    if (twin === undefined) this.#store.delete(this.#key)
    else this.#set({ tuple: mark.tuple, label: undefined })
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
  #set({ tuple, label }: { tuple: FiveTuple; label: number | undefined }): boolean {
    const twin = this.#twinLabel(tuple)
    writeLabels(tuple.protocol === 'tcp' ? { tcp: label, udp: twin } : { tcp: twin, udp: label }, this.#value)
    return this.#store.set(this.#key, this.#value)
  }

  #twinLabel(tuple: FiveTuple): number | undefined {
    return this.label(flowKey({ ...tuple, protocol: tuple.protocol === 'tcp' ? 'udp' : 'tcp' }))
  }
}
