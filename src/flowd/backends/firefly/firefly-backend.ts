import { hostname } from 'node:os'
import { createFireflyHeader, type FireflyState, formatFirefly, isEveryFlow } from '../../../scitags/index.ts'
import { AddressMapping } from '../../addresses/index.ts'
import type { Backend } from '../../components.ts'
import type { ForeignBlocks, Teller } from '../../event.ts'
import type { Flow, FlowChange } from '../../flow.ts'
import type { TcpSample } from '../../sample.ts'
import type { UnitContext } from '../../unit.ts'
import { blockName, ENRICHMENT } from './enrichment/index.ts'
import { fireflyOf } from './message.ts'
import { OngoingSchedule } from './ongoing-schedule.ts'
import type { FireflyOptions } from './options.ts'
import { Recipients } from './recipients.ts'

/** What brought a firefly about. */
interface Told {
  blocks?: ForeignBlocks | undefined
  /** The host that told of it, if another one did. */
  toldBy?: Teller | undefined
}

/**
 * Announces the start and the end of each flow, and if asked to what is between, to its destination and to collectors.
 */
export class FireflyBackend implements Backend {
  readonly wantsSamples: boolean
  readonly #options: FireflyOptions
  readonly #header: (timestampUs: number) => string
  readonly #recipients: Recipients
  /** Present when flows are announced periodically, not with each sample. */
  readonly #schedule: OngoingSchedule | undefined
  /** Present when private addresses are mapped to public ones. */
  readonly #mapping: AddressMapping | undefined

  constructor(options: FireflyOptions, context: UnitContext) {
    this.wantsSamples = options.enrich
    this.#options = options
    this.#header = createFireflyHeader({ hostname: hostname(), appName: context.application })
    this.#recipients = new Recipients(options, context)
    if (options.ongoingPeriod > 0) {
      this.#schedule = new OngoingSchedule(options.ongoingPeriod * 1000, (flow, samples) =>
        this.#send('ongoing', flow, { blocks: this.#blocksOf(samples) }),
      )
    }
    this.#mapping = options.stun && new AddressMapping(options.stun, { log: context.log })
  }

  async start(): Promise<void> {
    await this.#mapping?.start()
    await this.#recipients.start()
    this.#schedule?.start()
  }

  handle(change: FlowChange): Promise<void> | undefined {
    const { flow } = change
    // It stands for every packet: there is nothing to announce.
    if (isEveryFlow(flow.tuple)) return undefined
    switch (change.kind) {
      case 'start':
        this.#schedule?.add(flow)
        return this.#send('start', flow, { blocks: change.blocks, toldBy: flow.toldBy })
      case 'resume':
        // It was announced before.
        this.#schedule?.add(flow)
        return undefined
      case 'ongoing':
        return this.#send('ongoing', flow, change.event)
      case 'sample':
        if (this.#schedule === undefined) {
          return this.#send('ongoing', flow, { blocks: this.#blocksOf([change.sample]) })
        }
        this.#schedule.note(flow, change.sample)
        return undefined
      case 'end':
        this.#schedule?.remove(flow)
        return this.#send('end', flow, change)
    }
  }

  async stop(): Promise<void> {
    await this.#mapping?.stop()
    await this.#schedule?.stop()
    await this.#recipients.stop()
  }

  #blocksOf(samples: readonly TcpSample[]): ForeignBlocks {
    const write = ENRICHMENT[this.#options.enrichmentMode]
    return Object.fromEntries(samples.map(sample => [blockName(sample), write(sample)]))
  }

  /** The flow as others see it: with the public address of this host. */
  #mapped(flow: Flow): Flow {
    if (this.#mapping === undefined) return flow
    const { address, port } = flow.tuple.source
    return { ...flow, tuple: { ...flow.tuple, source: { address: this.#mapping.map(address), port } } }
  }

  /** Waits for the first answer about an address, so that a flow has one name from its start to its end. */
  #send(state: FireflyState, flow: Flow, told: Told): Promise<void> | undefined {
    const answer = this.#mapping?.answerOf(flow.tuple.source.address)
    return answer === undefined ? this.#sendNow(state, flow, told) : answer.then(() => this.#sendNow(state, flow, told))
  }

  #sendNow(state: FireflyState, flow: Flow, { blocks, toldBy }: Told): Promise<void> | undefined {
    const { source, destination } = flow.tuple
    // The schema has no such port, and collectors refuse the message.
    if (source.port === 0 || destination.port === 0) {
      this.#recipients.drop('port')
      return undefined
    }
    const byDestination = flow.toldBy?.atEnd === true || toldBy?.atEnd === true
    return this.#recipients.send(this.#write(state, flow, blocks), destination.address, {
      byDestination,
      by: toldBy?.address,
    })
  }

  #write(state: FireflyState, flow: Flow, blocks: ForeignBlocks | undefined): string {
    const nowUs = Date.now() * 1000
    const json = formatFirefly(fireflyOf(state, this.#mapped(flow), blocks, nowUs))
    return this.#options.prependSyslog ? this.#header(nowUs) + json : json
  }
}
