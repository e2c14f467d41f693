import {
  ATTRIBUTE,
  type AttributeValue,
  BEACON_ADDRESS,
  decodeMessage,
  encodeRecords,
  type VanRecord,
} from '../../vanflow/index.ts'
import type { AmqpListenerOptions } from './amqp-listener.ts'
import { type CapturedMessage, encodeCapturedMessage, readCapture } from './capture.ts'
import { nowUs } from './clock.ts'
import { RouterEnd } from './router-end.ts'

export interface ReplayOptions {
  listen: AmqpListenerOptions
  /** How many times faster than it was recorded. */
  speed: number
  /** Whether the moments in messages are moved as if the recording was made now, at this speed. */
  moveTimes: boolean
}

/** What a recorded source has told so far on one of its addresses, and is not over. */
type LiveRecords = Map<string, { type: number; attributes: Map<number, AttributeValue> }>

/** What a router's address may end on. */
const SUFFIXES = ['', '.flows', '.logs', '.heartbeats']
/** A source that said nothing for so many seconds of the recording is dead: its heart beats every two. */
const DEAD_AFTER_SECONDS = 5

/**
 * Plays a recorded network over a real AMQP connection: every message with its own encoding and at its own time,
 * counted from the moment a client attaches to `mc/sfe.all`. Messages wait for the client to attach to their
 * address, as the one that recorded them had done. A FLUSH is answered from what was told so far.
 */
export class CaptureReplay {
  /** Resolves when the last message was played. */
  readonly finished: Promise<void>
  readonly #options: ReplayOptions
  readonly #messages: readonly CapturedMessage[]
  readonly #captureStartUs: number
  readonly #end: RouterEnd
  readonly #waiting = new Map<string, Buffer[]>()
  readonly #live = new Map<string, LiveRecords>()
  /** When each source was last heard, in seconds of the recording, by its direct address. */
  readonly #heardAt = new Map<string, number>()
  #finish: () => void = () => undefined
  #next = 0
  #startMs: number | undefined
  #startUs = 0
  #timer: NodeJS.Timeout | undefined

  /** @param file a recording; throws what reading it throws */
  constructor(file: string, options: Partial<ReplayOptions> = {}) {
    this.#options = { listen: {}, speed: 1, moveTimes: false, ...options }
    const { messages, startUs } = readCapture(file)
    this.#messages = messages
    this.#captureStartUs = startUs
    this.finished = new Promise(resolve => {
      this.#finish = resolve
    })
    this.#end = new RouterEnd(this.#options.listen, {
      flush: direct => this.#flush(direct),
      subscribed: address => this.#subscribed(address),
    })
  }

  get host(): string {
    return this.#end.host
  }

  get port(): number {
    return this.#end.port
  }

  /** Seconds of the recording that it took in all. */
  get lengthSeconds(): number {
    return this.#messages.at(-1)?.t ?? 0
  }

  async start(): Promise<void> {
    await this.#end.start()
  }

  async stop(): Promise<void> {
    clearTimeout(this.#timer)
    this.#timer = undefined
    await this.#end.stop()
  }

  #subscribed(address: string): void {
    if (address === BEACON_ADDRESS && this.#startMs === undefined) {
      this.#startMs = performance.now()
      this.#startUs = nowUs()
      this.#play()
    }
    const waiting = this.#waiting.get(address) ?? []
    this.#waiting.delete(address)
    for (const bytes of waiting) this.#end.publish(address, bytes, true)
  }

  /** Plays what is due, and comes back when the next message is. */
  #play(): void {
    const elapsed = ((performance.now() - (this.#startMs ?? 0)) * this.#options.speed) / 1000
    for (; this.#next < this.#messages.length; this.#next += 1) {
      const message = this.#messages[this.#next]!
      if (message.t > elapsed) {
        this.#timer = setTimeout(() => this.#play(), ((message.t - elapsed) * 1000) / this.#options.speed)
        return
      }
      this.#send(message)
    }
    this.#finish()
  }

  #send(message: CapturedMessage): void {
    const { moveTimes, speed } = this.#options
    const moveTime = (us: number) => Math.round(this.#startUs + (us - this.#captureStartUs) / speed)
    const bytes = encodeCapturedMessage(message, moveTimes ? moveTime : undefined)
    this.#remember(message, bytes)
    if (this.#end.hasSubscriber(message.link)) {
      this.#end.publish(message.link, bytes, message.presettled)
    } else {
      const waiting = this.#waiting.get(message.link) ?? []
      this.#waiting.set(message.link, [...waiting, bytes])
    }
  }

  #remember({ link, t }: CapturedMessage, bytes: Buffer): void {
    const message = decodeMessage(bytes)
    const direct = message.kind === 'beacon' ? message.direct : directOf(link)
    if (direct !== undefined) this.#heardAt.set(direct, t)
    if (message.kind !== 'records') return
    const live: LiveRecords = this.#live.get(link) ?? new Map()
    this.#live.set(link, live)
    for (const record of message.records) merge(live, record)
  }

  /** Tells again what lives, on the addresses of a source. Its messages bear no ids: those are all taken. */
  #flush(direct: string): boolean {
    const heardAt = this.#heardAt.get(direct)
    const now = this.#messages[this.#next - 1]?.t ?? 0
    if (heardAt === undefined || now - heardAt > DEAD_AFTER_SECONDS) return false
    for (const suffix of SUFFIXES) this.#tellAll(`mc/${direct}${suffix}`)
    return true
  }

  #tellAll(to: string): void {
    const records = [...(this.#live.get(to) ?? [])].map(([identity, { type, attributes }]) => ({
      type,
      identity,
      codes: [...attributes.keys()],
      values: [...attributes.values()],
    }))
    for (let first = 0; first < records.length; first += 50) {
      this.#end.publish(to, encodeRecords({ to, records: records.slice(first, first + 50) }), true)
    }
  }
}

/** The direct address of the source that a link's address belongs to. */
function directOf(link: string): string {
  const suffix = SUFFIXES.find(ending => ending !== '' && link.endsWith(ending)) ?? ''
  return link.slice('mc/'.length, link.length - suffix.length)
}

function merge(live: LiveRecords, { type, identity, codes, values }: VanRecord): void {
  const record = live.get(identity) ?? { type, attributes: new Map<number, AttributeValue>() }
  for (const [index, code] of codes.entries()) record.attributes.set(code, values[index]!)
  if (record.attributes.has(ATTRIBUTE.endTime)) live.delete(identity)
  else live.set(identity, record)
}
