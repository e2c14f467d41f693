import { expect } from 'vitest'
import type { IngestPort } from '../../src/collector/graph/ingest-port.ts'
import type { ApplyOutcome, SourceHandle, SourceType } from '../../src/collector/graph/source.ts'
import { SOURCE_TIMERS } from '../../src/collector/ingest/source-timers.ts'
import { VanCounters } from '../../src/collector/ingest/van-counters.ts'
import type { VanSource } from '../../src/collector/ingest/van-source.ts'
import { VanSources } from '../../src/collector/ingest/van-sources.ts'
import { type Logger, Metrics, silentLogger } from '../../src/common/index.ts'
import {
  ATTRIBUTE,
  BEACON_ADDRESS,
  encodeBeacon,
  encodeRecords,
  RECORD_TYPE,
  type VanRecord,
} from '../../src/vanflow/index.ts'

/** A router, and its main address. */
export const ROUTER = 'fz6wq:0'
export const MAIN = `mc/sfe.${ROUTER}`

/** A graph that writes down what it is told. */
class ToldPort implements IngestPort {
  readonly told: string[] = []
  readonly handles: SourceHandle[] = []
  outcome: ApplyOutcome = 'applied'

  openSource(id: string, type: SourceType): SourceHandle {
    const handle = { id, type, epoch: this.handles.length + 1, clockOffsetUs: 0 }
    this.handles.push(handle)
    this.told.push(`open ${id} ${type}`)
    return handle
  }
  apply(source: SourceHandle, record: VanRecord): ApplyOutcome {
    this.told.push(`apply ${record.identity} epoch ${source.epoch}`)
    return this.outcome
  }
  mark(source: SourceHandle): void {
    this.told.push(`mark ${source.id}`)
  }
  sweep(source: SourceHandle): number {
    this.told.push(`sweep ${source.id}`)
    return 2
  }
  closeSource(source: SourceHandle, reason: string, lastHeardUs: number): void {
    this.told.push(`close ${source.id} ${reason} last heard ${lastHeardUs / 1e6} s`)
  }
}

/** The sources of a network that is not there: what it says is handed in, what is done to it is written down. */
export class ToldSources {
  readonly port = new ToldPort()
  /** The sources by the addresses that are read. */
  readonly attached = new Map<string, VanSource>()
  /** Where a FLUSH was sent, as long as one can be. */
  readonly sent: string[] = []
  canSend = true
  readonly logged: string[] = []
  readonly metrics = new Metrics({ prefix: 'test' })
  readonly counters = new VanCounters(this.metrics)
  readonly sources: VanSources

  constructor() {
    const write = (_fields: object, message: string) => void this.logged.push(message)
    const log: Logger = { ...silentLogger, info: write, warn: write }
    const links = {
      attach: (source: VanSource) => {
        for (const address of source.addresses) this.attached.set(address, source)
      },
      detach: (source: VanSource) => {
        for (const address of source.addresses) this.attached.delete(address)
      },
      send: (address: string) => {
        if (this.canSend) this.sent.push(address)
        return this.canSend
      },
    }
    this.sources = new VanSources(this.port, links, { timers: SOURCE_TIMERS, maxSources: 3 }, this.counters, log)
  }

  receive(address: string, payload: Buffer, atS = 0): void {
    this.counters.messages.received += 1
    this.sources.receive(payload, this.attached.get(address), address, atS * 1e6)
  }

  beacon(id = ROUTER, sourceType = 'ROUTER', atS = 0): void {
    const fields = { id, sourceType, address: `mc/sfe.${id}`, direct: `sfe.${id}` }
    const sender = sourceType === 'ROUTER' ? 'router' : 'controller-v2'
    this.receive(BEACON_ADDRESS, encodeBeacon(fields, sender), atS)
  }

  /** A router that is discovered and linked, and has told all at 0.5 s. */
  liveRouter(): VanSource {
    this.beacon()
    const source = this.attached.get(MAIN)!
    this.sources.onLinked(source, 0)
    this.receive(MAIN, encodeRecords({ to: MAIN, messageId: 10, records: [routerRecord(100)] }), 0.5)
    expect(source.state.phase).toBe('live')
    this.port.told.length = 0
    this.sent.length = 0
    return source
  }

  /** What was received and is neither passed on nor counted as dropped: 0 when the accounts are right. */
  get balance(): number {
    const { messages, records } = this.counters
    const lost = messages.received - messages.passed - messages.dropped()
    return lost + records.received - records.passed - records.dropped()
  }
}

/** What a router tells of itself. */
export function routerRecord(startTimeUs: number) {
  return { type: RECORD_TYPE.ROUTER, identity: ROUTER, codes: [ATTRIBUTE.startTime], values: [startTimeUs] }
}
