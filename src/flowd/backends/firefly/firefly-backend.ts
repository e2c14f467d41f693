import { hostname } from 'node:os'
import { createFireflyHeader, type Firefly, type FiveTuple, formatFirefly } from '../../../scitags/index.ts'
import { AddressMapping } from '../../addresses/index.ts'
import type { Backend } from '../../components.ts'
import { CollectorAddress, DatagramSender } from '../../datagrams/index.ts'
import type { FlowChange } from '../../flow.ts'
import type { UnitContext } from '../../unit.ts'
import type { FireflyOptions } from './options.ts'

/** Announces the start and the end of each flow to its destination and, if asked to, to a collector. */
export class FireflyBackend implements Backend {
  readonly #options: FireflyOptions
  readonly #header: (timestampUs: number) => string
  readonly #collector: CollectorAddress
  readonly #sender: DatagramSender
  /** Present when private addresses are mapped to public ones. */
  readonly #mapping: AddressMapping | undefined

  constructor(options: FireflyOptions, context: UnitContext) {
    this.#options = options
    this.#header = createFireflyHeader({ hostname: hostname(), appName: context.application })
    this.#collector = new CollectorAddress(options.collectorAddress, context.log)
    this.#sender = new DatagramSender(context.metrics.stage('fireflies'), context.log)
    this.#mapping = options.stun && new AddressMapping(options.stun, { log: context.log })
  }

  async start(): Promise<void> {
    await this.#mapping?.start()
    if (this.#options.sendToCollector) await this.#collector.start()
  }

  /** A resumed flow was announced before: nothing is sent for it. */
  handle(change: FlowChange): Promise<void> | undefined {
    if (change.kind === 'resume' || change.kind === 'sample') return undefined
    const { destinationPort, sendToCollector, collectorPort } = this.#options
    const text = this.#write(change)
    this.#sender.send(text, change.flow.tuple.destination.address, destinationPort)
    if (sendToCollector) {
      const collector = this.#collector.current
      if (collector === undefined) this.#sender.drop('unresolved')
      else this.#sender.send(text, collector, collectorPort)
    }
    return this.#sender.room()
  }

  async stop(): Promise<void> {
    await this.#mapping?.stop()
    this.#collector.stop()
    await this.#sender.close()
  }

  /** The flow as others see it: with the public address of this host. */
  #mapped(tuple: FiveTuple): FiveTuple {
    if (this.#mapping === undefined) return tuple
    const { address, port } = tuple.source
    return { ...tuple, source: { address: this.#mapping.map(address), port } }
  }

  #write(change: Exclude<FlowChange, { kind: 'resume' | 'sample' }>): string {
    const { kind, flow } = change
    const blocks = kind === 'ongoing' ? change.event.blocks : change.blocks
    const nowUs = Date.now() * 1000
    const { tuple, experiment, activity, application, startTimeUs, endTimeUs, usage } = flow
    const firefly: Firefly = {
      state: kind,
      currentTimeUs: nowUs,
      startTimeUs,
      flow: this.#mapped(tuple),
      experiment,
      activity,
      application,
      ...(kind === 'end' ? { endTimeUs: endTimeUs ?? nowUs } : {}),
      ...(usage === undefined ? {} : { usage }),
      ...(blocks === undefined ? {} : { blocks }),
    }
    const json = formatFirefly(firefly)
    return this.#options.prependSyslog ? this.#header(nowUs) + json : json
  }
}
