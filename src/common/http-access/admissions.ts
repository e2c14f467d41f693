import type { IncomingMessage, ServerResponse } from 'node:http'
import { setImmediate } from 'node:timers/promises'
import { accepts, type Credentials } from './credentials.ts'

interface Admission {
  authorization: string | undefined
  /** Ends the answer, because what the request showed is accepted no longer. */
  end: () => void
}

/** The requests that were let in and whose answers are not out yet, which for a watch stream may take days. */
export class Admissions {
  readonly #open = new Map<IncomingMessage, Admission>()

  /** Notes a request that was let in. Should its credentials be withdrawn, the connection is cut. */
  add(request: IncomingMessage, response: ServerResponse): void {
    this.#open.set(request, { authorization: request.headers.authorization, end: () => response.destroy() })
    response.once('close', () => this.#open.delete(request))
  }

  /** Has the answer to a request ended in another way. */
  endBy(request: IncomingMessage, end: () => void): void {
    const admission = this.#open.get(request)
    if (admission !== undefined) admission.end = end
  }

  /**
   * Ends the answers to those who are accepted no longer.
   *
   * @returns how many those were
   */
  async review(credentials: Credentials): Promise<number> {
    const verdicts = new Map<string | undefined, boolean>()
    let ended = 0
    for (const [request, { authorization, end }] of this.#open) {
      let isAccepted = verdicts.get(authorization)
      if (isAccepted === undefined) {
        isAccepted = accepts(credentials, authorization)
        verdicts.set(authorization, isAccepted)
        // To look at a password takes a millisecond, and there may be thousands.
        await setImmediate()
      }
      if (isAccepted || !this.#open.delete(request)) continue
      ended += 1
      end()
    }
    return ended
  }
}
