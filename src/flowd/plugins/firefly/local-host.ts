import { type Logger, messageOf } from '../../../common/index.ts'
import { InterfaceChanges } from '../../../linux/index.ts'
import { canonicalAddress, withoutZone } from '../../../scitags/index.ts'

/** For what the kernel did not tell, or where it tells nothing. */
const RENEW_MS = 5000

const MAPPED_PREFIX = '::ffff:'

/** An address without its zone, and without the IPv6 clothes of an IPv4-mapped one, in canonical text. */
export function plainAddress(address: string): string {
  const text = withoutZone(canonicalAddress(address) ?? address)
  return text.startsWith(MAPPED_PREFIX) && text.includes('.') ? text.slice(MAPPED_PREFIX.length) : text
}

/**
 * Knows which addresses are this host's, a moment after they are. To take one's own for another's is to answer oneself
 * without end.
 */
export class LocalHost {
  readonly #list: () => readonly string[]
  readonly #log: Logger
  #addresses: ReadonlySet<string> = new Set()
  #timer: NodeJS.Timeout | undefined
  #changes: InterfaceChanges | undefined

  /** @param list gives every address of this host in canonical text */
  constructor(list: () => readonly string[], log: Logger) {
    this.#list = list
    this.#log = log
  }

  start(): void {
    try {
      this.#changes = InterfaceChanges.open(() => this.#tryToRenew())
    } catch (error) {
      this.#log.debug({ reason: messageOf(error) }, 'new addresses of this host are known only some seconds later')
    }
    this.#renew()
    this.#timer = setInterval(() => this.#tryToRenew(), RENEW_MS).unref()
  }

  /** Idempotent. */
  stop(): void {
    clearInterval(this.#timer)
    this.#changes?.close()
    this.#changes = undefined
  }

  /** @param address as `plainAddress` gives it */
  has(address: string): boolean {
    return this.#addresses.has(address)
  }

  /**
   * Whether others reach this host at an address of any form. A flow that comes from elsewhere never ends at loopback.
   */
  isReachedAt(address: string): boolean {
    const plain = plainAddress(address)
    return this.has(plain) && plain !== '::1' && !plain.startsWith('127.')
  }

  /** The latest list holds where none is to be had for a moment, as without a free file descriptor. */
  #tryToRenew(): void {
    try {
      this.#renew()
    } catch (error) {
      this.#log.warn({ reason: messageOf(error) }, "this host's addresses cannot be listed again")
    }
  }

  #renew(): void {
    this.#addresses = new Set(this.#list().map(plainAddress))
  }
}
