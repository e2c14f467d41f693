import { ATTRIBUTE, type AttributeName, type AttributeValue } from '../../vanflow/index.ts'

/** Attributes by name; what is undefined is not set. */
export type Attributes = Partial<Record<AttributeName, AttributeValue | undefined>>

/** Which of a source's multicast addresses carries a record. */
export type Channel = '' | '.flows' | '.logs'

/** A record in a simulated source: what it is now, and what has not been told yet. */
export class SimulatedRecord {
  readonly type: number
  readonly identity: string
  readonly channel: Channel
  /** Current values by attribute code. */
  readonly attributes = new Map<number, AttributeValue>()
  /** Codes that changed since the record was last sent. */
  readonly changed = new Set<number>()
  /** The first tick at which a change may be sent; the end of a BIFLOW_TPORT waits for its other side. */
  sendFrom = 0
  ended = false

  constructor(type: number, identity: string, channel: Channel) {
    this.type = type
    this.identity = identity
    this.channel = channel
  }

  set(attributes: Attributes): void {
    for (const [name, value] of Object.entries(attributes)) {
      if (value === undefined) continue
      const code = ATTRIBUTE[name as AttributeName]
      this.attributes.set(code, value)
      this.changed.add(code)
    }
  }

  get(name: AttributeName): AttributeValue | undefined {
    return this.attributes.get(ATTRIBUTE[name])
  }

  /** Adds to a counter. */
  add(name: AttributeName, amount: number): void {
    this.set({ [name]: Number(this.get(name) ?? 0) + amount })
  }

  /** Makes everything count as changed, as a FLUSH does. */
  tellAll(): void {
    for (const code of this.attributes.keys()) this.changed.add(code)
  }
}
