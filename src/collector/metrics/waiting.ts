import type { Request } from './request-series.ts'

interface Entry {
  sinceMs: number
  requests: Request[]
}

/**
 * Connections whose attribution is still open, in the order in which they came, with the requests that wait for it.
 * A request may come before its connection.
 */
export class Waiting {
  readonly #entries = new Map<string, Entry>()
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

  add(id: string, nowMs: number): Entry {
    const known = this.#entries.get(id)
    if (known !== undefined) return known
    const entry = { sinceMs: nowMs, requests: [] }
    this.#entries.set(id, entry)
    return entry
  }

  addRequest(id: string, request: Request, nowMs: number): void {
    if (this.#requests >= this.#maxRequests) {
      this.#dropped += 1
      return
    }
    this.#requests += 1
    this.add(id, nowMs).requests.push(request)
  }

  /** Ends the waiting of a connection; returns the requests that waited with it. */
  take(id: string): readonly Request[] {
    const requests = this.#entries.get(id)?.requests ?? []
    this.#entries.delete(id)
    this.#requests -= requests.length
    return requests
  }

  /** The connections that wait since before a time. */
  *since(beforeMs: number): Generator<string> {
    for (const [id, { sinceMs }] of this.#entries) {
      if (sinceMs > beforeMs) return
      yield id
    }
  }
}
