import rhea from 'rhea'
import { beforeEach, describe, expect, it } from 'vitest'
import { type Logger, Metrics, silentLogger } from '../../common/index.ts'
import {
  ATTRIBUTE,
  BEACON_ADDRESS,
  encodeBeacon,
  encodeHeartbeat,
  encodeRecords,
  RECORD_TYPE,
  type VanRecord,
} from '../../vanflow/index.ts'
import type { IngestPort } from '../graph/ingest-port.ts'
import type { ApplyOutcome, SourceHandle, SourceType } from '../graph/source.ts'
import { SOURCE_TIMERS } from './source-timers.ts'
import { VanCounters } from './van-counters.ts'
import type { VanSource } from './van-source.ts'
import { VanSources } from './van-sources.ts'

const { message } = rhea
const ROUTER = 'fz6wq:0'
const MAIN = `mc/sfe.${ROUTER}`

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

let port: ToldPort
let attached: Map<string, VanSource>
let sent: string[]
let counters: VanCounters
let metrics: Metrics
let sources: VanSources
let canSend: boolean
let logged: string[]

beforeEach(() => {
  port = new ToldPort()
  attached = new Map()
  sent = []
  canSend = true
  logged = []
  const write = (_fields: object, message: string) => void logged.push(message)
  const log: Logger = { ...silentLogger, info: write, warn: write }
  metrics = new Metrics({ prefix: 'test' })
  counters = new VanCounters(metrics)
  const links = {
    attach: (source: VanSource) => {
      for (const address of source.addresses) attached.set(address, source)
    },
    detach: (source: VanSource) => {
      for (const address of source.addresses) attached.delete(address)
    },
    send: (address: string) => {
      if (canSend) sent.push(address)
      return canSend
    },
  }
  sources = new VanSources(port, links, { timers: SOURCE_TIMERS, maxSources: 3 }, counters, log)
})

function receive(address: string, payload: Buffer, atS = 0): void {
  counters.messages.received += 1
  sources.receive(payload, attached.get(address), address, atS * 1e6)
}

function beacon(id = ROUTER, sourceType = 'ROUTER', atS = 0, messageId?: number): void {
  const fields = {
    id,
    sourceType,
    address: `mc/sfe.${id}`,
    direct: `sfe.${id}`,
    ...(messageId === undefined ? {} : { messageId }),
  }
  receive(BEACON_ADDRESS, encodeBeacon(fields, sourceType === 'ROUTER' ? 'router' : 'controller-v2'), atS)
}

function routerRecord(startTimeUs: number) {
  return { type: RECORD_TYPE.ROUTER, identity: ROUTER, codes: [ATTRIBUTE.startTime], values: [startTimeUs] }
}

/** A router that is discovered and linked, and has told all at 0.5 s. */
function liveRouter(): VanSource {
  beacon()
  const source = attached.get(MAIN)!
  sources.onLinked(source, 0)
  receive(MAIN, encodeRecords({ to: MAIN, messageId: 10, records: [routerRecord(100)] }), 0.5)
  expect(source.state.phase).toBe('live')
  port.told.length = 0
  sent.length = 0
  return source
}

function balance(): number {
  const { messages, records } = counters
  const lost = messages.received - messages.passed - messages.dropped()
  return lost + records.received - records.passed - records.dropped()
}

describe('the sources of a network', () => {
  it('takes no message numbers of a router by the links of others, which could feign a restart', () => {
    liveRouter()
    for (const messageId of [50, 5]) {
      receive('mc/sfe.other', encodeHeartbeat({ to: 'mc/sfe.other', id: ROUTER, nowUs: 1e6, messageId }, 'router'), 1)
    }
    expect(counters.restarts).toBe(0)
    for (const messageId of [50, 5]) {
      receive(MAIN, encodeHeartbeat({ to: MAIN, id: ROUTER, nowUs: 5e6, messageId }, 'router'), 5)
    }
    expect(counters.restarts).toBe(1)
  })

  it('attaches all addresses of a router, the main one last, and asks it when that is up (V5)', () => {
    beacon()
    expect([...attached.keys()]).toEqual([`${MAIN}.flows`, `${MAIN}.logs`, MAIN])
    expect(sent).toEqual([])
    sources.onLinked(attached.get(MAIN)!, 0)
    expect(sent).toEqual([`sfe.${ROUTER}`])
    expect(port.told).toEqual([`open ${ROUTER} ROUTER`, `mark ${ROUTER}`])
  })

  it('reads the heartbeats of a controller, whose beacon has string keys (V6), and all addresses of a type unknown', () => {
    beacon('73e06170-6bc7-4ac2-bf9a-c0a3ce8b8b5e', 'CONTROLLER')
    beacon('odd', 'SOMETHING')
    expect([...attached.keys()]).toEqual([
      'mc/sfe.73e06170-6bc7-4ac2-bf9a-c0a3ce8b8b5e.heartbeats',
      'mc/sfe.73e06170-6bc7-4ac2-bf9a-c0a3ce8b8b5e',
      ...['.flows', '.logs', '.heartbeats', ''].map(suffix => `mc/sfe.odd${suffix}`),
    ])
  })

  it('knows a router 2.0.x, whose beacon lacks id and direct, by its address, and never asks it (V7)', () => {
    for (const address of ['mc/sfe.x', 'mc/sfe.y']) {
      const old = encodeBeacon({ id: '', direct: '', sourceType: 'ROUTER', address }, 'router')
      receive(BEACON_ADDRESS, old)
      sources.onLinked(attached.get(address)!, 0)
    }
    expect(port.told).toEqual(['open mc/sfe.x ROUTER', 'open mc/sfe.y ROUTER'])
    sources.tick(9e6)
    expect(sent).toEqual([])
  })

  it('takes no address that is not multicast, and no more sources than its limit', () => {
    for (const address of ['queue', BEACON_ADDRESS]) {
      receive(BEACON_ADDRESS, encodeBeacon({ id: 'x', direct: 'y', sourceType: 'ROUTER', address }, 'router'))
    }
    for (const id of ['a:0', 'b:0', 'c:0', 'd:0']) beacon(id)
    expect(counters.messages.droppedByCause).toEqual(
      new Map([
        ['malformed-beacon', 2],
        ['source-limit', 1],
      ]),
    )
    expect(sources.size).toBe(3)
    expect(balance()).toBe(0)
  })

  it('attributes a heartbeat by its id, not by the address that it was sent to (V9)', () => {
    beacon('site', 'CONTROLLER')
    receive('mc/sfe.site.heartbeats', encodeHeartbeat({ to: 'elsewhere', id: 'site', nowUs: 7e6 }, 'controller-v2'), 10)
    expect(port.handles[0]?.clockOffsetUs).toBe(3e6)
    receive('mc/sfe.site.heartbeats', encodeHeartbeat({ to: 'elsewhere', id: 'stranger', nowUs: 0 }, 'router'), 10)
    expect(counters.messages.dropped('unknown-source')).toBe(1)
  })

  it('begins a new incarnation before it applies the record that shows the restart', () => {
    liveRouter()
    port.handles[0]!.clockOffsetUs = 5
    receive(MAIN, encodeRecords({ to: MAIN, messageId: 11, records: [routerRecord(200)] }), 3)
    expect(port.told).toEqual([`open ${ROUTER} ROUTER`, `mark ${ROUTER}`, `apply ${ROUTER} epoch 2`])
    expect(sent).toEqual([`sfe.${ROUTER}`])
    expect(port.handles[1]?.clockOffsetUs).toBe(5)
  })

  it('begins a new incarnation when the message ids begin anew: 40, 41, 3 (V18)', () => {
    liveRouter()
    const heartbeat = (messageId: number) => encodeHeartbeat({ to: MAIN, messageId, id: ROUTER, nowUs: 0 }, 'router')
    for (const [index, id] of [40, 41, 3].entries()) receive(MAIN, heartbeat(id), 2 * index)
    expect(port.told).toEqual([`open ${ROUTER} ROUTER`, `mark ${ROUTER}`])
    expect(counters.restarts).toBe(1)
  })

  it('asks for what ids say is missing', () => {
    liveRouter()
    receive(MAIN, encodeRecords({ to: MAIN, messageId: 30, records: [] }), 11)
    for (const at of [11.5, 14.5]) sources.checkGaps(at * 1e6)
    expect(counters.missingMessages).toBe(19)
    expect(sent).toEqual([`sfe.${ROUTER}`])
    expect(counters.flushes).toMatchObject({ first: 1, gap: 1 })
  })

  it('asks once for records that came without their beginning, however many (V17)', () => {
    liveRouter()
    port.outcome = 'incomplete'
    const deltas = Array.from({ length: 50 }, (_, index) => ({
      type: 16,
      identity: `${index}`,
      codes: [23],
      values: [1],
    }))
    receive(MAIN, encodeRecords({ to: MAIN, messageId: 11, records: deltas }), 11)
    expect(sent).toEqual([`sfe.${ROUTER}`])
    expect(counters.records.passed).toBe(51)
  })

  it('sweeps when the answer is complete', () => {
    liveRouter()
    receive(MAIN, encodeHeartbeat({ to: MAIN, messageId: 11, id: ROUTER, nowUs: 0 }, 'router'), 6)
    sources.tick(7e6)
    expect(port.told.at(-1)).toBe(`sweep ${ROUTER}`)
    expect(counters.sweptRecords).toBe(2)
  })

  it('says which source is silent, in metrics and in the log, until it is heard again or gone', async () => {
    const up = async () => {
      const lines = (await metrics.text())
        .split('\n')
        .filter(line => line.startsWith('tidemark_collector_van_source_up{'))
      return lines.map(line => line.slice(line.indexOf('{')))
    }
    liveRouter()
    expect(await up()).toEqual([`{source="${ROUTER}",type="ROUTER"} 1`])
    sources.tick(10.6e6)
    expect(await up()).toEqual([`{source="${ROUTER}",type="ROUTER"} 0`])
    receive(MAIN, encodeHeartbeat({ to: MAIN, messageId: 11, id: ROUTER, nowUs: 0 }, 'router'), 11)
    expect(await up()).toEqual([`{source="${ROUTER}",type="ROUTER"} 1`])
    sources.tick(30e6)
    sources.tick(50e6)
    expect(await up()).toEqual([])
    expect(logged).toEqual([
      'source discovered',
      'source is silent',
      'source is heard again',
      'source is silent',
      'source gone: silent for too long',
    ])
  })

  it('ends a silent source when it was last heard, and takes its late return for a new one (defect 13)', () => {
    liveRouter()
    sources.tick(10.5e6)
    expect(sources.countByPhase()).toMatchObject({ stale: 1, live: 0 })
    sources.tick(30.5e6)
    expect(port.told.at(-1)).toBe(`close ${ROUTER} silent last heard 0.5 s`)
    expect(attached.size).toBe(0)
    expect(sources.countByPhase()).toMatchObject({ stale: 0, gone: 1 })
    beacon(ROUTER, 'ROUTER', 60)
    expect(port.told.at(-1)).toBe(`open ${ROUTER} ROUTER`)
    expect([...attached.keys()]).toContain(MAIN)
  })

  it('drops what comes late for a source that is gone, counted', () => {
    const source = liveRouter()
    sources.tick(30.5e6)
    counters.messages.received += 1
    sources.receive(encodeRecords({ to: MAIN, records: [routerRecord(100)] }), source, MAIN, 31e6)
    expect(counters.messages.dropped('unknown-source')).toBe(1)
    expect(balance()).toBe(0)
  })

  it('judges nobody by a silence in which we did not listen', () => {
    liveRouter()
    sources.forgiveSilence(55e6)
    sources.tick(60e6)
    expect(sources.countByPhase()).toMatchObject({ live: 1 })
    sources.tick(85e6)
    expect(sources.countByPhase()).toMatchObject({ stale: 1 })
    sources.tick(86e6)
    expect(sources.countByPhase()).toMatchObject({ live: 0, gone: 1 })
  })

  it('reads and asks the sources that it knows again after a reconnect, without a beacon (defect 12)', () => {
    const source = liveRouter()
    attached.clear()
    sources.onDisconnected(1e6)
    sources.onConnected()
    expect([...attached.keys()]).toEqual([`${MAIN}.flows`, `${MAIN}.logs`, MAIN])
    sources.onLinked(source, 2e6)
    expect(sent).toEqual([`sfe.${ROUTER}`])
    receive(MAIN, encodeHeartbeat({ to: MAIN, messageId: 3, id: ROUTER, nowUs: 0 }, 'router'), 3)
    expect(counters.restarts).toBe(0)
  })

  it('asks for a lost link again after a while, and tries a FLUSH until it can be sent', () => {
    const source = liveRouter()
    attached.clear()
    sources.onLinkLost(source, MAIN, 1e6)
    sources.tick(2e6)
    expect(attached.size).toBe(0)
    sources.tick(6e6)
    expect(attached.size).toBe(3)
    canSend = false
    sources.onLinked(source, 6e6)
    expect(source.state.phase).toBe('attached')
    canSend = true
    sources.tick(6.5e6)
    expect(source.state.phase).toBe('flushed')
    expect(sent).toHaveLength(1)
  })

  it('counts what it cannot use by cause, and the sums match (defects 15 and 26)', async () => {
    liveRouter()
    port.outcome = 'unknown-type'
    const odd = { type: 99, identity: 'x', codes: [200], values: ['y'] }
    receive(MAIN, encodeRecords({ to: MAIN, messageId: 11, records: [odd, { ...odd, identity: '' }] }), 1)
    receive(MAIN, Buffer.from('no AMQP'), 1)
    expect(counters.messages.droppedByCause).toEqual(new Map([['malformed-sections', 1]]))
    expect(counters.records.droppedByCause).toEqual(
      new Map([
        ['no-identity', 1],
        ['unknown-type', 1],
      ]),
    )
    expect(await metrics.text()).toMatch(/attributes_noted_total{problem="unknown-attribute"} [12]\n/)
    expect(balance()).toBe(0)
  })

  it('takes an empty list of records for a sign of life, and any other body for malformed (V15)', () => {
    const source = liveRouter()
    receive(MAIN, encodeRecords({ to: MAIN, messageId: 11, records: [] }), 9)
    expect(source.lastHeardUs).toBe(9e6)
    expect(counters.records.dropped()).toBe(0)
    const bodies: unknown[] = [message.data_section(Buffer.from('x')), null, 'text', 7]
    for (const body of bodies) {
      receive(MAIN, message.encode({ to: MAIN, subject: 'RECORD', message_id: 12, body }), 9)
    }
    expect(counters.records.droppedByCause).toEqual(new Map([['malformed-body', 4]]))
    expect(attached.has(MAIN)).toBe(true)
    expect(balance()).toBe(0)
  })

  it('ignores messages without a subject that it knows, counted (V16), but no version of a BEACON (V8)', () => {
    liveRouter()
    for (const subject of [undefined, 'GOSSIP', 'FLUSH']) {
      receive(MAIN, message.encode({ to: MAIN, body: null, ...(subject === undefined ? {} : { subject }) }), 1)
    }
    expect(counters.messages.dropped('other-subject')).toBe(3)
    const application_properties = { v: 2, sourceType: 'ROUTER', id: 'x:0', address: 'mc/sfe.x:0', direct: 'sfe.x:0' }
    receive(
      BEACON_ADDRESS,
      message.encode({ to: BEACON_ADDRESS, subject: 'BEACON', application_properties, body: null }),
      1,
    )
    expect(attached.has('mc/sfe.x:0')).toBe(true)
    expect(balance()).toBe(0)
  })

  it('ends everything with the reason when the collector stops', () => {
    liveRouter()
    sources.close(2e6)
    expect(port.told).toEqual([`close ${ROUTER} shutdown last heard 0.5 s`])
  })
})
