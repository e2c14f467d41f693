import { setTimeout as delay } from 'node:timers/promises'
import { type Logger, messageOf, type Service } from '../../common/index.ts'
import { addressFamily, canonicalAddress } from '../../scitags/index.ts'
import { localAddresses } from './local-addresses.ts'
import type { AddressMappingOptions } from './options.ts'
import { addressReach } from './public-address.ts'
import { type AskPublicAddress, askInTurn } from './public-view.ts'

/**
 * How soon an address is asked about again of which nobody said anything, as the network may come late; each further
 * pause is twice as long.
 */
const FIRST_RETRY_MS = 15_000

/** How long after the start the first answers are worth waiting for. */
const PATIENCE_MS = 2000

export interface AddressMappingSetup {
  log: Logger
  /** Lists this host's addresses; those of every interface when absent. */
  localAddresses?: () => readonly string[]
  /** Learns how one of them is seen from outside; web services and STUN when absent. */
  ask?: AskPublicAddress
}

/**
 * The public address of each private address of this host, on every interface. It is learnt in the background and
 * again from time to time: no start waits for it, and until an answer is there an address stands for itself.
 */
export class AddressMapping implements Service {
  readonly #options: AddressMappingOptions
  readonly #log: Logger
  readonly #localAddresses: () => readonly string[]
  readonly #ask: AskPublicAddress
  readonly #manual: ReadonlyMap<string, string>
  readonly #learnt = new Map<string, string>()
  readonly #stopping = new AbortController()
  #timer: NodeJS.Timeout | undefined
  #retryMs = FIRST_RETRY_MS
  #refreshing: Promise<void> = Promise.resolve()
  /** Present until the first answers are there, or are waited for no more. */
  #firstAnswers: Promise<void> | undefined

  constructor(options: AddressMappingOptions, setup: AddressMappingSetup) {
    this.#options = options
    this.#log = setup.log
    this.#localAddresses = setup.localAddresses ?? localAddresses
    this.#ask = setup.ask ?? askInTurn(options)
    const pairs = Object.entries(options.manualMapping).map(([from, to]) => [canonical(from), canonical(to)] as const)
    for (const [from, to] of pairs.filter(([from, to]) => !isSameFamily(from, to))) {
      setup.log.warn({ from, to }, 'manual mapping has no effect: a flow cannot have addresses of two families')
    }
    this.#manual = new Map(pairs.filter(([from, to]) => isSameFamily(from, to)))
  }

  /** Begins to learn; resolves at once. */
  async start(): Promise<void> {
    this.#refresh()
    const patience = delay(PATIENCE_MS, undefined, { ref: false, signal: this.#stopping.signal }).catch(() => undefined)
    this.#firstAnswers = Promise.race([this.#refreshing, patience]).then(() => {
      this.#firstAnswers = undefined
    })
    await Promise.resolve()
  }

  /** The address that others see for this one: from the configuration, else learnt, else itself. */
  map(address: string): string {
    return this.#manual.get(address) ?? this.#learnt.get(address) ?? address
  }

  /** What to wait for, shortly after the start, before an address can be mapped; undefined when there is nothing. */
  answerOf(address: string): Promise<void> | undefined {
    const isKnown = this.#manual.has(address) || this.#learnt.has(address)
    return isKnown || addressReach(address) !== 'private' ? undefined : this.#firstAnswers
  }

  async stop(): Promise<void> {
    clearTimeout(this.#timer)
    this.#stopping.abort()
    await this.#refreshing
  }

  /** Asks about every address that needs it, and sees to it that this is done again. */
  #refresh(): void {
    this.#refreshing = this.#learnAll().then(isComplete => {
      if (this.#stopping.signal.aborted) return
      const refreshMs = this.#options.refreshSeconds * 1000
      const pauseMs = isComplete ? refreshMs : Math.min(refreshMs, this.#retryMs)
      this.#retryMs = isComplete ? FIRST_RETRY_MS : pauseMs * 2
      this.#timer = setTimeout(() => this.#refresh(), pauseMs).unref()
    })
  }

  /** Whether every address that needs it is known now. */
  async #learnAll(): Promise<boolean> {
    const wanted = this.#wanted()
    if (wanted === undefined) return false
    for (const gone of [...this.#learnt.keys()].filter(address => !wanted.includes(address))) {
      this.#learnt.delete(gone)
    }
    await Promise.all(wanted.map(address => this.#learn(address)))
    return wanted.every(address => this.#learnt.has(address))
  }

  /** The addresses that need it; undefined when they cannot be listed, as without a free file descriptor. */
  #wanted(): readonly string[] | undefined {
    try {
      return this.#localAddresses().filter(address => !this.#manual.has(address) && addressReach(address) === 'private')
    } catch (error) {
      this.#log.warn({ reason: messageOf(error) }, "this host's addresses cannot be listed")
      return undefined
    }
  }

  async #learn(address: string): Promise<void> {
    if (this.#stopping.signal.aborted) return
    try {
      const seenAs = await this.#ask(address, this.#stopping.signal)
      if (!isSameFamily(address, seenAs)) throw new Error(`${seenAs} is of another family`)
      if (this.#learnt.get(address) === seenAs) return
      this.#learnt.set(address, seenAs)
      this.#log.info({ address, seenAs }, 'address as seen from outside')
    } catch (error) {
      if (this.#stopping.signal.aborted) return
      const reasons = error instanceof AggregateError ? error.errors.map(messageOf) : [messageOf(error)]
      const keeps = this.map(address)
      this.#log.warn({ address, keeps, reasons }, 'nobody says how this address is seen from outside')
    }
  }
}

function isSameFamily(one: string, other: string): boolean {
  return addressFamily(one) === addressFamily(other)
}

function canonical(address: string): string {
  return canonicalAddress(address) ?? address
}
