import { ATTRIBUTE, type AttributeValue, RECORD_TYPE } from '../../../vanflow/index.ts'
import type { EventSource } from '../event-source.ts'
import type { EventSources } from '../event-sources.ts'
import type { Images } from '../inferred/images.ts'
import type { Processes } from '../processes.ts'
import { NUMBER, STATE, VACANT, WORD } from '../storage/layout.ts'
import type { RecordStore } from '../storage/record-store.ts'
import { attributeName } from './attribute-names.ts'

const { ROUTER, LISTENER, CONNECTOR, FLOW, PROCESS, BIFLOW_TPORT } = RECORD_TYPE
/** The longest way up: request, connection, connection of the other dialect, listener, router, site. */
const MOST_LEVELS = 6

/** What the reader reads; all of it stays as it is. */
export interface ReaderParts {
  store: RecordStore
  sources: EventSources
  processes: Processes
  images: Images
  nowUs: () => number
}

/**
 * What a record says, and what follows from others about it: its process, its counterflow, its image, its duration.
 * Nothing of that is stored; it is found by the reverse indexes when somebody asks, so it never depends on the order
 * in which records came.
 */
export class RecordReader {
  readonly #parts: ReaderParts

  constructor(parts: ReaderParts) {
    this.#parts = parts
  }

  /** All attributes by name, in the order of their codes. */
  attributes(row: number): Record<string, AttributeValue> {
    const { store } = this.#parts
    const type = store.rows.type(row)
    const found: [code: number, value: AttributeValue][] = []
    if (type === VACANT) return {}
    for (const code of store.codes(row)) found.push([code, store.get(row, code)!])
    for (const code of INFERRED[type] ?? []) {
      const value = this.#inferred(row, type, code)
      if (value === undefined) continue
      const own = found.findIndex(([other]) => other === code)
      if (own < 0) found.push([code, value])
      else found[own] = [code, value]
    }
    found.sort(([one], [other]) => one - other)
    const attributes: Record<string, AttributeValue> = {}
    for (const [code, value] of found) attributes[attributeName(type, code)] = value
    return attributes
  }

  attribute(row: number, code: number): AttributeValue | undefined {
    const { store } = this.#parts
    const type = store.rows.type(row)
    if (INFERRED[type]?.includes(code) === true) {
      const value = this.#inferred(row, type, code)
      if (value !== undefined) return value
    }
    return store.get(row, code)
  }

  /** Microseconds from start to end, or until now by the source's clock. */
  durationUs(row: number): number | undefined {
    const { rows } = this.#parts.store
    const startUs = rows.number(row, NUMBER.startTime)
    if (startUs === undefined) return undefined
    if (rows.has(row, STATE.ended)) return Math.max(0, (rows.number(row, NUMBER.endTime) ?? startUs) - startUs)
    const clock = this.#clockOf(row)
    return clock === undefined ? undefined : Math.max(0, clock.toSourceUs(this.#parts.nowUs()) - startUs)
  }

  sourceOf(row: number): EventSource | undefined {
    return this.#parts.sources.at(this.#parts.store.rows.word(row, WORD.source))
  }

  /** The identity of the site that a record belongs to, known or not. */
  siteOf(row: number): string | undefined {
    const { store } = this.#parts
    const { rows, parents } = store
    let at = row
    for (let level = 0; level < MOST_LEVELS && at !== 0; level += 1) {
      const parent = parents.of(at)
      const type = rows.type(at)
      if (type === ROUTER || type === PROCESS) return parent === 0 ? undefined : store.identity(parent)
      at = parent
    }
    return undefined
  }

  /** The row of the process at a connector, or at a flow's own end; 0 when it is not known. */
  processOf(row: number): number {
    const { store, processes } = this.#parts
    const { rows, parents, targets } = store
    const type = rows.type(row)
    if (type === CONNECTOR) {
      const named = targets.of(row)
      if (named !== 0 && rows.type(named) === PROCESS) return named
      const host = store.text(row, WORD.destHost)
      const site = this.siteOf(row)
      return host !== undefined && site !== undefined ? processes.find(site, host, undefined) : 0
    }
    const parent = parents.of(row)
    if ((type !== FLOW && type !== BIFLOW_TPORT) || parent === 0) return 0
    const parentType = rows.type(parent)
    if (parentType === CONNECTOR) return this.processOf(parent)
    const host = store.text(row, WORD.sourceHost)
    const site = parentType === LISTENER ? this.siteOf(parent) : undefined
    return host === undefined || site === undefined ? 0 : processes.find(site, host, this.#startedUs(row))
  }

  /**
   * The row of the other FLOW of a pair, whichever of the two names the other; 0 when it is not known. When several
   * name this one (one of an earlier incarnation of its router, that is), the one that lives.
   */
  counterflowOf(row: number): number {
    const { rows, targets } = this.#parts.store
    const named = targets.of(row)
    if (named !== 0) return named
    let found = 0
    for (const other of targets.referring(row)) {
      if (rows.type(other) !== FLOW) continue
      found = other
      if (!rows.has(other, STATE.ended)) break
    }
    return found
  }

  #inferred(row: number, type: number, code: number): AttributeValue | undefined {
    if (type === PROCESS) return this.#parts.images.of(row)?.identity
    const found = code === ATTRIBUTE.counterflow ? this.counterflowOf(row) : this.processOf(row)
    return found === 0 ? undefined : this.#parts.store.identity(found)
  }

  /** When a flow began, by the collector's clock. */
  #startedUs(row: number): number | undefined {
    const startUs = this.#parts.store.rows.number(row, NUMBER.startTime)
    return startUs === undefined ? undefined : startUs + (this.sourceOf(row)?.clockOffsetUs ?? 0)
  }

  /** The source whose clock a record goes by: its own, or the first above it that ever told the time. */
  #clockOf(row: number): EventSource | undefined {
    let at = row
    for (let level = 0; level < MOST_LEVELS && at !== 0; level += 1) {
      const source = this.sourceOf(at)
      if (source?.clockOffsetUs !== undefined) return source
      at = this.#parts.store.parents.of(at)
    }
    return undefined
  }
}

/** Attributes that the collector adds, by type code. */
const INFERRED: Partial<Record<number, readonly number[]>> = {
  [FLOW]: [ATTRIBUTE.counterflow, ATTRIBUTE.process],
  [BIFLOW_TPORT]: [ATTRIBUTE.process],
  [CONNECTOR]: [ATTRIBUTE.process],
  [PROCESS]: [ATTRIBUTE.image],
}
