interface Wait {
  timer: NodeJS.Timeout
  then: () => void
}

/** Flows that are looked at again a moment later, each once, by their keys. */
export class WaitingFlows {
  readonly #waits = new Map<string, Wait>()

  /** Has something done after a time; a flow that waits already goes on waiting as it does. */
  add(key: string, ms: number, then: () => void): void {
    if (this.#waits.has(key)) return
    const timer = setTimeout(() => {
      this.#waits.delete(key)
      then()
    }, ms)
    this.#waits.set(key, { timer, then })
  }

  remove(key: string): void {
    clearTimeout(this.#waits.get(key)?.timer)
    this.#waits.delete(key)
  }

  /** Does for each now what it waits for. */
  finish(): void {
    for (const [key, { then }] of this.#waits) {
      this.remove(key)
      then()
    }
  }
}
