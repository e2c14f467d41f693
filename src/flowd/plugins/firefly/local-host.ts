import { canonicalAddress, withoutZone } from '../../../scitags/index.ts'

/** Interfaces come and go; nobody tells Node of it. */
const RENEW_MS = 5000

const MAPPED_PREFIX = '::ffff:'

/** An address without its zone, and without the IPv6 clothes of an IPv4-mapped one, in canonical text. */
export function plainAddress(address: string): string {
  const text = withoutZone(canonicalAddress(address) ?? address)
  return text.startsWith(MAPPED_PREFIX) && text.includes('.') ? text.slice(MAPPED_PREFIX.length) : text
}

/** Knows which addresses are this host's. */
export class LocalHost {
  readonly #list: () => readonly string[]
  #addresses: ReadonlySet<string> = new Set()
  #timer: NodeJS.Timeout | undefined

  /** @param list gives every address of this host in canonical text */
  constructor(list: () => readonly string[]) {
    this.#list = list
  }

  start(): void {
    this.#renew()
    this.#timer = setInterval(() => this.#renew(), RENEW_MS).unref()
  }

  stop(): void {
    clearInterval(this.#timer)
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

  #renew(): void {
    this.#addresses = new Set(this.#list().map(plainAddress))
  }
}
