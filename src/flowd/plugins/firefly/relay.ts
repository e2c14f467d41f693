import type { Logger, StageAccount } from '../../../common/index.ts'
import { CollectorAddress, DatagramSender } from '../../datagrams/index.ts'
import type { FireflyReceiverOptions } from './options.ts'

/** One of the receivers that datagrams are sent on to. */
interface Upstream {
  address: CollectorAddress
  port: number
}

/** Sends datagrams on, as they came, to any number of receivers. */
export class Relay {
  readonly #upstreams: readonly Upstream[]
  readonly #account: StageAccount
  readonly #sender: DatagramSender
  readonly #isLocal: (address: string) => boolean

  /**
   * @param account counts each datagram once for each receiver
   * @param isLocal whether an address, as `plainAddress` gives it, is this host's
   */
  constructor(
    receivers: FireflyReceiverOptions['fireflyReceivers'],
    account: StageAccount,
    log: Logger,
    isLocal: (address: string) => boolean,
  ) {
    this.#upstreams = receivers.map(({ address, port }) => ({ address: new CollectorAddress(address, log), port }))
    this.#account = account
    this.#sender = new DatagramSender(log)
    this.#isLocal = isLocal
  }

  async start(): Promise<void> {
    await Promise.all(this.#upstreams.map(({ address }) => address.start()))
  }

  async stop(): Promise<void> {
    for (const { address } of this.#upstreams) address.stop()
    await this.#sender.close()
  }

  /**
   * Sends a datagram to each receiver but the host that it came from, which would send it back.
   *
   * @param from the address of who sent it
   */
  send(bytes: Uint8Array, from: string): void {
    for (const { address, port } of this.#upstreams) {
      const to = address.current
      if (to === undefined) this.#drop('unresolved')
      else if (to === from && !this.#isLocal(from)) this.#drop('came-from-there')
      else if (this.#sender.hasRoom) this.#sender.send(bytes, to, port, this.#account)
      else this.#drop('full')
    }
  }

  #drop(cause: string): void {
    this.#account.received += 1
    this.#account.drop(cause)
  }
}
