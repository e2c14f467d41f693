import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { type Logger, messageOf } from '../../common/index.ts'

const RENEW_MS = 60_000
const RETRY_MS = 5000
const PATIENCE_MS = 1000

/**
 * The address of a host that is given by name or address. A name is looked up in the background, again and again, so
 * that neither a start nor a flow waits for it, and a collector that moves is found.
 */
export class CollectorAddress {
  readonly #host: string
  readonly #log: Logger
  readonly #lookUp: (host: string) => Promise<string>
  #address: string | undefined
  /** Why the last look failed; told once, not every few seconds for as long as it lasts. */
  #failure: string | undefined
  #timer: NodeJS.Timeout | undefined
  #running = false

  /** @param lookUp replaces the system's resolver, for tests */
  constructor(host: string, log: Logger, lookUp = async (name: string) => (await lookup(name)).address) {
    this.#host = host
    this.#log = log
    this.#lookUp = lookUp
  }

  /** The address as last found; undefined until it is. */
  get current(): string | undefined {
    return this.#address
  }

  /** Begins to look. Resolves after the first look, whatever came of it, or soon when no answer comes. */
  async start(): Promise<void> {
    this.#running = true
    if (isIP(this.#host) > 0) this.#address = this.#host
    else await Promise.race([this.#look(), delay(PATIENCE_MS, undefined, { ref: false })])
  }

  stop(): void {
    this.#running = false
    clearTimeout(this.#timer)
  }

  /** Keeps the address that was found before when a look fails. */
  async #look(): Promise<void> {
    let again = RENEW_MS
    try {
      const address = await this.#lookUp(this.#host)
      if (address !== this.#address || this.#failure !== undefined)
        this.#log.info({ collector: this.#host, address }, 'found the collector')
      this.#address = address
      this.#failure = undefined
    } catch (error) {
      again = RETRY_MS
      const reason = messageOf(error)
      if (reason !== this.#failure)
        this.#log.warn({ collector: this.#host, reason }, 'the collector’s name cannot be resolved')
      this.#failure = reason
    }
    if (this.#running) this.#timer = setTimeout(() => void this.#look(), again).unref()
  }
}
