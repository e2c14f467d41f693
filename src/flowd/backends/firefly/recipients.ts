import type { StageAccount } from '../../../common/index.ts'
import { canonicalAddress, formatEndpoint } from '../../../scitags/index.ts'
import { CollectorAddress, DatagramSender } from '../../datagrams/index.ts'
import type { UnitContext } from '../../unit.ts'
import type { FireflyOptions } from './options.ts'

/** A collector, and what became of the fireflies for it. */
interface Collector {
  host: CollectorAddress
  port: number
  account: StageAccount
}

/** Who needs no firefly because it came from there: told in turn, they would tell it back, without end. */
export interface Known {
  /** The flow's destination is the one who told. */
  byDestination?: boolean
  /** The address of the host that told. */
  by?: string | undefined
}

/** Those who get fireflies: the flow's destination and any number of collectors. Nobody gets one twice. */
export class Recipients {
  readonly #options: FireflyOptions
  readonly #destinations: StageAccount
  readonly #collectors: readonly Collector[]
  readonly #sender: DatagramSender

  constructor(options: FireflyOptions, { metrics, log }: UnitContext) {
    this.#options = options
    this.#destinations = metrics.stage('fireflies')
    this.#collectors = collectorsOf(options).map(collector => ({
      host: new CollectorAddress(collector.address, log),
      port: collector.port,
      account: metrics.stage(`fireflies to ${formatEndpoint(collector)}`),
    }))
    this.#sender = new DatagramSender(log, { ipv4: options.sourceIpv4, ipv6: options.sourceIpv6 })
  }

  async start(): Promise<void> {
    await Promise.all(this.#collectors.map(({ host }) => host.start()))
  }

  async stop(): Promise<void> {
    for (const { host } of this.#collectors) host.stop()
    await this.#sender.close()
  }

  /**
   * Sends a firefly to everyone who does not know of it; undefined when there is room for more, else what to wait for.
   *
   * @param known who knows of it: the destination, and the host at an address
   */
  send(text: string, destination: string, known: Known = {}): Promise<void> | undefined {
    const { sendToDestination, destinationPort } = this.#options
    if (sendToDestination && !known.byDestination)
      this.#sender.send(text, destination, destinationPort, this.#destinations)
    for (const collector of this.#collectors) {
      const address = collector.host.current
      if (address === undefined) drop(collector.account, 'unresolved')
      else if (!this.#hasIt(collector, address, destination) && address !== known.by) {
        this.#sender.send(text, address, collector.port, collector.account)
      }
    }
    return this.#sender.room()
  }

  /** Counts a firefly that nobody can be sent. */
  drop(cause: string): void {
    drop(this.#destinations, cause)
  }

  /** Whether the flow's destination, or a collector earlier in the list, is at the address and port of this one. */
  #hasIt(collector: Collector, address: string, destination: string): boolean {
    const { sendToDestination, destinationPort } = this.#options
    if (sendToDestination && collector.port === destinationPort && address === destination) return true
    for (const earlier of this.#collectors) {
      if (earlier === collector) return false
      if (earlier.port === collector.port && earlier.host.current === address) return true
    }
    return false
  }
}

/** Every collector once, addresses in the form that flows have them. */
function collectorsOf({ sendToCollector, collectorAddress, collectorPort, collectors }: FireflyOptions) {
  const single = sendToCollector ? [{ address: collectorAddress, port: collectorPort }] : []
  const all = [...single, ...collectors].map(({ address, port }) => {
    return { address: canonicalAddress(address) ?? address.toLowerCase(), port }
  })
  return [...new Map(all.map(one => [formatEndpoint(one), one])).values()]
}

function drop(account: StageAccount, cause: string): void {
  account.received += 1
  account.drop(cause)
}
