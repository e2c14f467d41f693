import { BEACON_ADDRESS, encodeBeacon, encodeHeartbeat } from '../../vanflow/index.ts'
import { ticks } from './clock.ts'
import { EventSource } from './event-source.ts'
import type { Outlet } from './outlet.ts'

/**
 * Which routers are played: 2.3 tells flows as FLOW pairs on its main address, 2.7 on `.flows`; 3.x tells BIFLOWs,
 * and each record at most once a second.
 */
export const ROUTER_DIALECTS = ['router-2.3', 'router-2.7', 'router-3.x'] as const
export type RouterDialect = (typeof ROUTER_DIALECTS)[number]

/** What such a router calls its version. */
export const ROUTER_VERSIONS: Readonly<Record<RouterDialect, string>> = {
  'router-2.3': '2.3.0',
  'router-2.7': '2.7.6',
  'router-3.x': '3.5.1',
}

const HEARTBEAT_TICKS = ticks(2000)
const BEATS_PER_BEACON = 5
const FIRST_RECORDS_TICKS = ticks(2000)

export interface RouterSettings {
  /** The five characters before the colon in all of its ids. */
  prefix: string
  dialect: RouterDialect
  outlet: Outlet
  /** The tick of its start. */
  bornAt: number
  /** How many heartbeats it has behind it: it beacons at every fifth, from its first beat on when this is 4. */
  beats: number
  /** 0 to 9: at which tenth of a second it does its work. */
  slot: number
}

/** One incarnation of a simulated router as an event source; a restart makes another. */
export class RouterSource extends EventSource {
  readonly dialect: RouterDialect
  /** False once the router was stopped: what it would still do is heard by nobody. */
  isRunning = true
  readonly #prefix: string
  readonly #bornAt: number
  readonly #slot: number
  readonly #sendEvery: number
  #beats: number
  #messageId = 0
  #recordNumber = 0
  #flushDue = false

  constructor({ prefix, dialect, outlet, bornAt, beats, slot }: RouterSettings) {
    super({ id: `${prefix}:0`, outlet, batch: { flush: 50, update: 50 }, settled: true })
    this.dialect = dialect
    this.#prefix = prefix
    this.#bornAt = bornAt
    this.#beats = beats
    this.#slot = slot
    this.#sendEvery = dialect === 'router-3.x' ? ticks(1000) : ticks(200)
  }

  /** Numbers the next record; the ROUTER record is the first, number 0. */
  nextIdentity(): string {
    const identity = `${this.#prefix}:${this.#recordNumber}`
    this.#recordNumber += 1
    return identity
  }

  override tick(tick: number): void {
    const age = tick - this.#bornAt
    if ((age - this.#slot) % HEARTBEAT_TICKS === 0) this.#beat()
    if (age >= FIRST_RECORDS_TICKS && (age - this.#slot) % this.#sendEvery === 0) this.#sendRecords(tick)
  }

  override flush(): void {
    this.#flushDue = true
  }

  protected override nextMessageId(): number {
    const messageId = this.#messageId
    this.#messageId += 1
    return messageId
  }

  /** Uses up a message id, as a co-record to another router does: the collector sees a gap. */
  skipMessageIds(count: number): void {
    this.#messageId += count
  }

  #beat(): void {
    this.#beats += 1
    const { id, address, direct } = this
    if (this.#beats % BEATS_PER_BEACON === 0 && this.outlet.hasSubscriber(BEACON_ADDRESS)) {
      const beacon = { ...this.numbered(), sourceType: 'ROUTER', id, address, direct }
      this.publish(BEACON_ADDRESS, encodeBeacon(beacon, 'router'))
    }
    if (!this.outlet.hasSubscriber(address)) return
    this.publish(address, encodeHeartbeat({ ...this.numbered(), to: address, id, nowUs: this.nowUs }, 'router'))
  }

  #sendRecords(tick: number): void {
    const isFlush = this.#flushDue
    this.#flushDue = false
    if (isFlush) this.tellAll()
    this.sendChanges(tick, isFlush)
  }
}
