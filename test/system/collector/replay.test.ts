import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ViewRecord } from '../../../src/collector/graph/view-port.ts'
import { CaptureReplay } from '../../../src/simulate/index.ts'
import { acceleratedClock } from '../../support/accelerated-clock.ts'
import { CollectorUnderTest } from '../../support/collector-under-test.ts'

const CAPTURE = 'test/fixtures/captures/van-3.5.1.jsonl'
const TRAFFIC = 'test/fixtures/captures/van-3.5.1.traffic.jsonl'
const SPEED = 10
const ECHO_OCTETS = 11_606_000

/**
 * A recorded network of two routers, played ten times as fast over a real connection, and what is left to see of it.
 */
describe('the recorded network', () => {
  const replay = new CaptureReplay(CAPTURE, { listen: { port: 0 }, speed: SPEED })
  let collector: CollectorUnderTest
  const seen = new Map<string, { kind: string; atS: number }[]>()

  beforeAll(async () => {
    await replay.start()
    collector = new CollectorUnderTest(replay.port, acceleratedClock(SPEED))
    await collector.start()
    const began = performance.now()
    collector.graph.view.subscribe(({ kind, record }) => {
      const events = seen.get(record.identity) ?? []
      events.push({ kind, atS: ((performance.now() - began) * SPEED) / 1000 })
      seen.set(record.identity, events)
    })
    await replay.finished
    await collector.until(() => collector.ingest.status.idle)
  })
  afterAll(async () => {
    await collector.stop()
    await replay.stop()
  })

  const records = (type: string): ViewRecord[] => [...collector.graph.view.byType(type)]
  const truth = (): { ev: string }[] =>
    readFileSync(TRAFFIC, 'utf8')
      .trim()
      .split('\n')
      .map(line => JSON.parse(line) as { ev: string })

  it('had 43 connections and 55 HTTP requests, as the client that made them counted', () => {
    expect(records('BIFLOW_TPORT')).toHaveLength(43)
    expect(records('BIFLOW_APP')).toHaveLength(55)
    expect(truth().filter(({ ev }) => ev === 'http' || ev === 'h2')).toHaveLength(55)
  })

  it('carried 11,606,000 octets each way on the echo connection', () => {
    const echo = records('BIFLOW_TPORT').filter(flow => flow.get('octets') === ECHO_OCTETS)
    expect(echo).toHaveLength(1)
    expect(echo[0]!.get('octetsReverse')).toBe(ECHO_OCTETS)
  })

  it('lost router B, which never said that it ended: its records end by silence, when it was last heard', () => {
    const [old] = records('ROUTER').filter(router => router.get('name') === '0/B' && router.endTimeUs !== undefined)
    expect(old).toMatchObject({ sourceId: 'aYRZF:0', endReason: 'silent' })
    const living = [...collector.graph.view.byType('LISTENER'), ...collector.graph.view.byType('CONNECTOR')]
    expect(living.filter(record => record.sourceId === 'aYRZF:0' && record.endTimeUs === undefined)).toEqual([])
    const ended = seen.get('aYRZF:0')!.find(({ kind }) => kind === 'ended')!
    expect(ended.atS).toBeGreaterThan(62 + 29)
    expect(ended.atS).toBeLessThan(62 + 30 + 30)
  })

  it('got a router of the same name ten seconds later, under a new id, told apart from the old', () => {
    const routers = records('ROUTER').filter(router => router.get('name') === '0/B')
    expect(routers.map(router => router.identity).sort()).toEqual(['92Cx5:0', 'aYRZF:0'])
    const [old, young] = ['aYRZF:0', '92Cx5:0'].map(id => collector.graph.view.get(id)!)
    expect(young!.endTimeUs).toBeUndefined()
    const pauseS = (young!.startTimeUs! - old!.endTimeUs!) / 1e6
    expect(pauseS).toBeGreaterThan(5)
    expect(pauseS).toBeLessThan(20)
  })

  it('left nothing unaccounted for, and nothing that was not understood', () => {
    expect(collector.unaccounted()).toBe(0)
    expect(collector.metrics.stage('van-records').dropped()).toBe(0)
    expect(collector.metrics.stage('van-messages').dropped()).toBe(0)
  })
})
