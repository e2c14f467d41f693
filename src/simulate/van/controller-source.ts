import { ATTRIBUTE, BEACON_ADDRESS, encodeBeacon, encodeHeartbeat, RECORD_TYPE } from '../../vanflow/index.ts'
import { ticks } from './clock.ts'
import { EventSource } from './event-source.ts'
import type { Outlet } from './outlet.ts'

/** Which controllers are played: those of Skupper 1.x or of 2.x. */
export const CONTROLLER_DIALECTS = ['controller-v1', 'controller-v2'] as const
export type ControllerDialect = (typeof CONTROLLER_DIALECTS)[number]

const BEACON_TICKS = ticks(10_000)
const HEARTBEAT_TICKS = ticks(2000)
const UPDATE_TICKS = ticks(1000)
const UPDATE_RECORDS = 10

export interface ControllerSettings {
  /** Id of the site that it controls, and its own. */
  siteId: string
  dialect: ControllerDialect
  outlet: Outlet
  bornAt: number
}

/** One incarnation of a simulated controller as an event source: it tells of the site and of the processes there. */
export class ControllerSource extends EventSource {
  readonly dialect: ControllerDialect
  readonly #bornAt: number
  #flushDue = false

  constructor({ siteId, dialect, outlet, bornAt }: ControllerSettings) {
    const batch = dialect === 'controller-v1' ? { flush: 1, update: 1 } : { flush: 20, update: UPDATE_RECORDS }
    super({ id: siteId, outlet, batch, settled: false })
    this.dialect = dialect
    this.#bornAt = bornAt
  }

  override tick(tick: number): void {
    const age = tick - this.#bornAt
    if (age % BEACON_TICKS === 0) this.#beacon()
    if (age % HEARTBEAT_TICKS === 0) this.#beat()
    const isFlush = this.#flushDue
    if (!isFlush && age % UPDATE_TICKS !== 0 && this.sizes.unsent < UPDATE_RECORDS) return
    this.#flushDue = false
    if (isFlush) this.tellAll()
    this.sendChanges(tick, isFlush)
  }

  override flush(): void {
    this.#flushDue = true
  }

  /**
   * Tells that the policy changed, as a controller of Skupper 1.x does: a SITE with nothing but that, and with 0 as
   * its start.
   */
  changePolicy(policy: 'enabled' | 'disabled'): void {
    const site = [...this.records].find(record => record.type === RECORD_TYPE.SITE)
    site?.attributes.set(ATTRIBUTE.operStatus, policy)
    const codes = [ATTRIBUTE.startTime, ATTRIBUTE.operStatus]
    this.sendRaw([{ type: RECORD_TYPE.SITE, identity: this.id, codes, values: [0, policy] }])
  }

  protected override nextMessageId(): undefined {
    return undefined
  }

  #beacon(): void {
    const { id, address, direct } = this
    if (!this.outlet.hasSubscriber(BEACON_ADDRESS)) return
    this.publish(BEACON_ADDRESS, encodeBeacon({ sourceType: 'CONTROLLER', id, address, direct }, this.dialect))
  }

  #beat(): void {
    const { id, address, nowUs } = this
    const link = `${address}.heartbeats`
    if (!this.outlet.hasSubscriber(link)) return
    this.publish(link, encodeHeartbeat({ to: address, id, nowUs }, this.dialect))
  }
}
