import { encodeRecords, type RecordToSend } from '../../vanflow/index.ts'
import { nowUs } from './clock.ts'
import type { Outlet } from './outlet.ts'
import { type Attributes, type Channel, SimulatedRecord } from './simulated-record.ts'

/** How a source's clock differs from this host's, and how long its messages are. */
export interface EventSourceSettings {
  id: string
  outlet: Outlet
  /** Records in one message when they come as an answer to a FLUSH, and when they come by themselves. */
  batch: { flush: number; update: number }
  /** Whether messages are sent settled. */
  settled: boolean
}

/**
 * What simulated routers and controllers share: records of which only changes are told, batches, and the full tree
 * after a FLUSH.
 */
export abstract class EventSource {
  readonly id: string
  /** Added to this host's clock in all that the source says. */
  skewUs = 0
  /** While true, everything that the source sends is lost on the way, as in a partition. */
  isSilent = false
  readonly #settings: EventSourceSettings
  readonly #records = new Map<string, SimulatedRecord>()
  readonly #unsent = new Set<SimulatedRecord>()

  constructor(settings: EventSourceSettings) {
    this.id = settings.id
    this.#settings = settings
  }

  /** Does what is due at this tick. */
  abstract tick(tick: number): void
  /** A FLUSH came. */
  abstract flush(): void
  /** Numbers the next message; undefined for sources that number nothing. */
  protected abstract nextMessageId(): number | undefined

  get address(): string {
    return `mc/sfe.${this.id}`
  }

  get direct(): string {
    return `sfe.${this.id}`
  }

  /** The source's clock. */
  get nowUs(): number {
    return nowUs() + this.skewUs
  }

  /** All records that have not ended. */
  get records(): IterableIterator<SimulatedRecord> {
    return this.#records.values()
  }

  /** How many records are live and how many changes wait to be sent. */
  get sizes(): { live: number; unsent: number } {
    return { live: this.#records.size, unsent: this.#unsent.size }
  }

  protected get outlet(): Outlet {
    return this.#settings.outlet
  }

  /** Adds a record; startTime is now unless given. */
  create(type: number, identity: string, attributes: Attributes, channel: Channel = ''): SimulatedRecord {
    const record = new SimulatedRecord(type, identity, channel)
    record.set({ startTime: this.nowUs, ...attributes })
    this.#records.set(identity, record)
    this.#unsent.add(record)
    return record
  }

  update(record: SimulatedRecord, attributes: Attributes): void {
    record.set(attributes)
    this.#unsent.add(record)
  }

  /** Adds to a counter of a record. */
  add(record: SimulatedRecord, name: 'octets' | 'octetsReverse' | 'flowCountL4', amount: number): void {
    record.add(name, amount)
    this.#unsent.add(record)
  }

  /** Lets a record be sent again with nothing but its type and identity, as routers do for a new record's parent. */
  touch(record: SimulatedRecord): void {
    this.#unsent.add(record)
  }

  /** Ends a record now; its last delta is sent from tick `sendFrom` on. */
  end(record: SimulatedRecord, sendFrom = 0): void {
    record.set({ endTime: this.nowUs })
    record.ended = true
    record.sendFrom = sendFrom
    this.#unsent.add(record)
  }

  /** Makes every living record due in full. */
  protected tellAll(): void {
    for (const record of this.#records.values()) {
      record.tellAll()
      // An end that waits for its other side is told now, with all the rest.
      record.sendFrom = 0
      this.#unsent.add(record)
    }
  }

  /** Sends what changed. Changes to an address that nobody listens on are lost, as with real routers. */
  protected sendChanges(tick: number, isFlush: boolean): void {
    const due = new Map<Channel, RecordToSend[]>()
    for (const record of this.#unsent) {
      if (record.sendFrom > tick) continue
      this.#unsent.delete(record)
      if (record.ended) this.#records.delete(record.identity)
      const batch = due.get(record.channel)
      if (batch === undefined) due.set(record.channel, [delta(record)])
      else batch.push(delta(record))
    }
    const size = isFlush ? this.#settings.batch.flush : this.#settings.batch.update
    for (const [channel, records] of due) {
      for (let first = 0; first < records.length; first += size) this.#send(channel, records.slice(first, first + size))
    }
  }

  /** Sends records as they are, whatever they hold. */
  sendRaw(records: readonly RecordToSend[], channel: Channel = ''): void {
    this.#send(channel, records)
  }

  #send(channel: Channel, records: readonly RecordToSend[]): void {
    const to = `${this.address}${channel}`
    if (!this.outlet.hasSubscriber(to)) return
    this.publish(to, encodeRecords({ to, records: this.outlet.spoil(records), ...this.numbered() }))
  }

  protected publish(address: string, message: Buffer): void {
    if (!this.isSilent) this.outlet.publish(address, message, this.#settings.settled)
  }

  /** The message id as an encoder takes it. */
  protected numbered(): { messageId?: number } {
    const messageId = this.nextMessageId()
    return messageId === undefined ? {} : { messageId }
  }
}

/** What changed in a record, in ascending order of codes as routers send it; then nothing counts as changed. */
function delta(record: SimulatedRecord): RecordToSend {
  const codes = [...record.changed].sort((a, b) => a - b)
  record.changed.clear()
  const values = codes.map(code => record.attributes.get(code)!)
  return { type: record.type, identity: record.identity, codes, values }
}
