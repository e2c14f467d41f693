import { ATTRIBUTE, type RecordToSend, type WireValue } from '../../vanflow/index.ts'
import type { Random } from '../random.ts'
import { ticks } from './clock.ts'
import type { Outlet } from './outlet.ts'

/** How probable each fault is for a message, 0 to 1. */
export interface MessageFaults {
  /** It arrives twice. */
  duplicate: number
  /** It is lost. Only pre-settled messages are, those of routers: their ids show the gap. */
  drop: number
  /** Its address is held up, so that messages of other addresses overtake it. Within an address order is kept. */
  reorder: number
  /** It carries a record of type 99, and attribute 200 in another. */
  unknown: number
  /** It carries an attribute with a value of the wrong type. */
  wrongType: number
  /** It carries a time of 2^63. */
  lateTime: number
}

export const NO_FAULTS: MessageFaults = { duplicate: 0, drop: 0, reorder: 0, unknown: 0, wrongType: 0, lateTime: 0 }

interface Held {
  until: number
  messages: (readonly [message: Buffer, settled: boolean])[]
}

const LONGEST_HOLD_TICKS = ticks(500)
/** AMQP ulong 2^63. */
const TWO_TO_63 = Buffer.from('808000000000000000', 'hex')

/** The way from the sources to the router end, with faults on demand. None of them changes what is true. */
export class FaultyOutlet implements Outlet {
  faults: MessageFaults = NO_FAULTS
  readonly #next: Pick<Outlet, 'hasSubscriber' | 'publish'>
  readonly #random: Random
  readonly #held = new Map<string, Held>()
  #tick = 0

  constructor(next: Pick<Outlet, 'hasSubscriber' | 'publish'>, random: Random) {
    this.#next = next
    this.#random = random
  }

  hasSubscriber(address: string): boolean {
    return this.#next.hasSubscriber(address)
  }

  /** Lets a tick pass, and what was held long enough go. */
  tick(): void {
    this.#tick += 1
    for (const [address, held] of this.#held) {
      if (held.until > this.#tick) continue
      this.#held.delete(address)
      for (const [message, settled] of held.messages) this.#next.publish(address, message, settled)
    }
  }

  publish(address: string, message: Buffer, settled: boolean): void {
    if (settled && this.#random.chance(this.faults.drop)) return
    this.#pass(address, message, settled)
    if (this.#random.chance(this.faults.duplicate)) this.#pass(address, message, settled)
  }

  spoil(records: readonly RecordToSend[]): readonly RecordToSend[] {
    const { unknown, wrongType, lateTime } = this.faults
    const spoiled = [...records]
    if (this.#random.chance(unknown)) {
      this.#addTo(spoiled, 200, 'from the future')
      spoiled.push({ type: 99, identity: 'unknown:99', codes: [ATTRIBUTE.name], values: ['unknown'] })
    }
    if (this.#random.chance(wrongType)) this.#addTo(spoiled, ATTRIBUTE.location, 7)
    if (this.#random.chance(lateTime)) this.#addTo(spoiled, ATTRIBUTE.endTime, TWO_TO_63)
    return spoiled
  }

  #pass(address: string, message: Buffer, settled: boolean): void {
    const held = this.#held.get(address)
    if (held !== undefined) {
      held.messages.push([message, settled])
    } else if (this.#random.chance(this.faults.reorder)) {
      const until = this.#tick + 1 + this.#random.integer(LONGEST_HOLD_TICKS)
      this.#held.set(address, { until, messages: [[message, settled]] })
    } else {
      this.#next.publish(address, message, settled)
    }
  }

  /** Gives one of the records an attribute that it does not have. */
  #addTo(records: RecordToSend[], code: number, value: WireValue): void {
    const index = this.#random.integer(records.length)
    const record = records[index]
    if (record === undefined || record.codes.includes(code)) return
    records[index] = { ...record, codes: [...record.codes, code], values: [...record.values, value] }
  }
}
