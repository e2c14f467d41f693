import type { Request } from './request-series.ts'

/** A connection by the key of its record, or, where no record of it was seen, by its identity. */
type WaitingKey = number | string

interface Entry {
  sinceMs: number
  requests: Request[]
}

/**
 * Connections whose attribution is still open, in the order in which they came, with the requests that wait for it.
 * A request may come before its connection.
 */
export class Waiting {
  readonly #entries = new Map<WaitingKey, Entry>()
  readonly #maxRequests: number
  #requests = 0
  #dropped = 0

  constructor(maxRequests: number) {
    this.#maxRequests = maxRequests
  }

  get size(): number {
    return this.#entries.size
  }

  /** Requests that found no room. */
  get dropped(): number {
    return this.#dropped
  }

  add(key: WaitingKey, nowMs: number): Entry {
    const known = this.#entries.get(key)
    if (known !== undefined) return known
    const entry = { sinceMs: nowMs, requests: [] }
    this.#entries.set(key, entry)
    return entry
  }

  addRequest(key: WaitingKey, request: Request, nowMs: number): void {
    if (this.#requests >= this.#maxRequests) {
      this.#dropped += 1
      return
    }
    this.#requests += 1
    this.add(key, nowMs).requests.push(request)
  }

  /** Ends the waiting of a connection; returns the requests that waited with it. */
  take(key: WaitingKey): readonly Request[] {
    const requests = this.#entries.get(key)?.requests ?? []
    this.#entries.delete(key)
    this.#requests -= requests.length
    return requests
  }

  /** The connections that wait since before a time. */
  *since(beforeMs: number): Generator<WaitingKey> {
    for (const [key, { sinceMs }] of this.#entries) {
      if (sinceMs > beforeMs) return
      yield key
    }
  }
}
