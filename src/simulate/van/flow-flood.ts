import { encodeBeacon, encodeHeartbeat, encodeRecords, RECORD_TYPE } from '../../vanflow/index.ts'
import type { AmqpListenerOptions } from './amqp-listener.ts'
import { nowUs } from './clock.ts'
import { FlowStream } from './flow-stream.ts'
import { RouterEnd } from './router-end.ts'

export interface FloodOptions {
  listen: AmqpListenerOptions
  /** How many messages of 50 records to send. */
  messages: number
}

const PREFIX = 'fl00d'
const ID = `${PREFIX}:0`
const ADDRESS = `mc/sfe.${ID}`
const FLOWS = `${ADDRESS}.flows`
const ROUTER_NAME = '0/flood'
/** Messages made before the process looks at its sockets again. */
const MESSAGES_AT_ONCE = 64

/**
 * One router that tells of connections as fast as its collector takes them: for measuring collectors. It begins when
 * the collector asked for everything and attached to the address of flows; it never outruns the collector's credit.
 */
export class FlowFlood {
  /** Resolves with the number of records sent, when all were. */
  readonly finished: Promise<number>
  readonly #options: FloodOptions
  readonly #end: RouterEnd
  readonly #stream = new FlowStream(
    { prefix: PREFIX, to: FLOWS, listener: `${PREFIX}:1`, connector: `${PREFIX}:2`, routerName: ROUTER_NAME },
    3,
  )
  #finish: (records: number) => void = () => undefined
  #sent = 0
  #messageId = 0
  #isAsked = false
  #timer: NodeJS.Timeout | undefined
  #turn: NodeJS.Immediate | undefined

  constructor(options: FloodOptions) {
    this.#options = options
    this.finished = new Promise(resolve => {
      this.#finish = resolve
    })
    this.#end = new RouterEnd(options.listen, { flush: direct => this.#flush(direct) })
  }

  get port(): number {
    return this.#end.port
  }

  async start(): Promise<void> {
    await this.#end.start()
    this.#timer = setInterval(() => this.#beat(), 500)
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer)
    clearImmediate(this.#turn)
    await this.#end.stop()
  }

  #beat(): void {
    const now = nowUs()
    const beacon = { sourceType: 'ROUTER', id: ID, address: ADDRESS, direct: `sfe.${ID}`, messageId: this.#nextId() }
    this.#end.publish('mc/sfe.all', encodeBeacon(beacon, 'router'), true)
    const heartbeat = { to: ADDRESS, id: ID, nowUs: now, messageId: this.#nextId() }
    this.#end.publish(ADDRESS, encodeHeartbeat(heartbeat, 'router'), true)
    if (this.#isAsked && this.#turn === undefined && this.#end.hasSubscriber(FLOWS)) this.#send()
  }

  #flush(direct: string): boolean {
    if (direct !== `sfe.${ID}`) return false
    this.#isAsked = true
    const startTime = nowUs()
    const service = [ID, startTime, 'tcp', 'flood']
    const records = [
      { type: RECORD_TYPE.ROUTER, identity: ID, codes: [3, 13, 30], values: [startTime, 'interior', ROUTER_NAME] },
      { type: RECORD_TYPE.LISTENER, identity: `${PREFIX}:1`, codes: [2, 3, 16, 19], values: service },
      { type: RECORD_TYPE.CONNECTOR, identity: `${PREFIX}:2`, codes: [2, 3, 16, 19], values: service },
    ]
    this.#end.publish(ADDRESS, encodeRecords({ to: ADDRESS, records, messageId: this.#nextId() }), true)
    return true
  }

  /** Sends as much as there is credit for, and comes back. */
  #send(): void {
    const room = Math.min(this.#end.room(FLOWS), MESSAGES_AT_ONCE, this.#options.messages - this.#sent)
    for (let message = 0; message < room; message += 1) {
      this.#end.publish(FLOWS, this.#stream.next(this.#nextId()), true)
    }
    this.#sent += room
    if (this.#sent >= this.#options.messages) this.#finish(this.#stream.records)
    else this.#turn = setImmediate(() => this.#send())
  }

  #nextId(): number {
    this.#messageId += 1
    return this.#messageId
  }
}
