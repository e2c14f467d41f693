import type { LogThrottle, StageAccount } from '../../../common/index.ts'
import { udpDrops } from '../../../linux/index.ts'

const PERIOD_MS = 2000

export interface KernelDropsSetup {
  /** Where the socket is bound. */
  address: string
  port: number
  account: StageAccount
  warnings: LogThrottle
}

/** Counts what the kernel drops before a UDP socket, because nobody else tells of it. */
export class KernelDrops {
  readonly #setup: KernelDropsSetup
  #counted = 0
  #timer: NodeJS.Timeout | undefined

  constructor(setup: KernelDropsSetup) {
    this.#setup = setup
  }

  start(): void {
    this.#timer = setInterval(() => this.#look(), PERIOD_MS).unref()
  }

  /** Counts for the last time; to be called before the socket is closed. */
  stop(): void {
    clearInterval(this.#timer)
    this.#look()
  }

  #look(): void {
    const { address, port, account, warnings } = this.#setup
    const count = (udpDrops(address, port) ?? this.#counted) - this.#counted
    if (count <= 0) return
    this.#counted += count
    account.received += count
    account.drop('kernel', count)
    warnings.warn(() => [
      { count, remedy: 'raise receiveBuffer, and net.core.rmem_max to the same' },
      'the kernel dropped fireflies, because flowd did not come to read them',
    ])
  }
}
