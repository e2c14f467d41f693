import type { Sender } from 'rhea'

/** The router's default link capacity: how many undelivered messages a link may hold. */
const LINK_CAPACITY = 250

/** rhea keeps these on every sender, and does not declare them. */
type CountingSender = Sender & { readonly credit: number; readonly delivery_count: number }

interface Waiting {
  message: Buffer
  settled: boolean
}

/**
 * A client's link on a multicast address. Messages wait here for credit; when too many wait, pre-settled ones are
 * thrown away as a router does it, silently.
 */
export class Subscriber {
  readonly #sender: CountingSender
  #waiting: Waiting[] = []
  /** Unsettled messages that the client has not answered. */
  unanswered = 0
  /** Messages given to rhea, which sends them on its next turn and only then takes them off the credit. */
  #given: number

  constructor(sender: Sender) {
    this.#sender = sender as CountingSender
    this.#given = this.#sender.delivery_count
  }

  /** Sends a message, or lets it wait for credit. Returns how many waiting messages were thrown away for it. */
  push(message: Buffer, settled: boolean): number {
    if (this.#waiting.length === 0 && this.#mayGive()) {
      this.#give({ message, settled })
      return 0
    }
    const thrownAway = settled && this.#waiting.length >= LINK_CAPACITY ? this.#throwAway() : 0
    this.#waiting.push({ message, settled })
    return thrownAway
  }

  /** Sends what waits, as far as there is credit now. */
  drain(): void {
    let sent = 0
    while (sent < this.#waiting.length && this.#mayGive()) {
      this.#give(this.#waiting[sent]!)
      sent += 1
    }
    this.#waiting = this.#waiting.slice(sent)
  }

  #mayGive(): boolean {
    const unsent = this.#given - this.#sender.delivery_count
    return this.#sender.sendable() && unsent < this.#sender.credit
  }

  #give({ message, settled }: Waiting): void {
    // Format 0 is the standard one: it makes rhea take the bytes as they are.
    const delivery = this.#sender.send(message, undefined, 0)
    this.#given += 1
    // Sent settled, not settled afterwards: rhea reads this when it writes the transfer.
    if (settled) Object.assign(delivery, { settled: true })
    else this.unanswered += 1
  }

  /** All pre-settled messages but the head of the queue. */
  #throwAway(): number {
    const kept = this.#waiting.filter((waiting, index) => index === 0 || !waiting.settled)
    const thrownAway = this.#waiting.length - kept.length
    this.#waiting = kept
    return thrownAway
  }
}
