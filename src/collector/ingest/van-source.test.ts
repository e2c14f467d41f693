import { beforeEach, describe, expect, it } from 'vitest'
import { MAIN, ROUTER, routerRecord, ToldSources } from '../../../test/support/told-sources.ts'
import { encodeHeartbeat, encodeRecords } from '../../vanflow/index.ts'

let van: ToldSources
beforeEach(() => {
  van = new ToldSources()
})

describe('the life of a source', () => {
  it('takes no message numbers of a router by the links of others, which could feign a restart', () => {
    van.liveRouter()
    for (const messageId of [50, 5]) {
      van.receive(
        'mc/sfe.other',
        encodeHeartbeat({ to: 'mc/sfe.other', id: ROUTER, nowUs: 1e6, messageId }, 'router'),
        1,
      )
    }
    expect(van.counters.restarts).toBe(0)
    for (const messageId of [50, 5]) {
      van.receive(MAIN, encodeHeartbeat({ to: MAIN, id: ROUTER, nowUs: 5e6, messageId }, 'router'), 5)
    }
    expect(van.counters.restarts).toBe(1)
  })

  it('begins a new incarnation before it applies the record that shows the restart', () => {
    van.liveRouter()
    van.port.handles[0]!.clockOffsetUs = 5
    van.receive(MAIN, encodeRecords({ to: MAIN, messageId: 11, records: [routerRecord(200)] }), 3)
    expect(van.port.told).toEqual([`open ${ROUTER} ROUTER`, `mark ${ROUTER}`, `apply ${ROUTER} epoch 2`])
    expect(van.sent).toEqual([`sfe.${ROUTER}`])
    expect(van.port.handles[1]?.clockOffsetUs).toBe(5)
  })

  it('sends a router that claims a thousand restarts in a second no thousand FLUSHes, and logs no thousand lines', () => {
    van.liveRouter()
    for (let n = 1; n <= 1000; n += 1) {
      van.receive(MAIN, encodeRecords({ to: MAIN, messageId: 10 + n, records: [routerRecord(100 + n)] }), 1 + n / 1000)
    }
    expect(van.counters.restarts).toBe(1000)
    expect(van.sent).toHaveLength(1)
    expect(van.logged.length).toBeLessThan(20)
  })

  it('begins a new incarnation when the message ids begin anew: 40, 41, 3 (V18)', () => {
    van.liveRouter()
    const heartbeat = (messageId: number) => encodeHeartbeat({ to: MAIN, messageId, id: ROUTER, nowUs: 0 }, 'router')
    for (const [index, id] of [40, 41, 3].entries()) van.receive(MAIN, heartbeat(id), 2 * index)
    expect(van.port.told).toEqual([`open ${ROUTER} ROUTER`, `mark ${ROUTER}`])
    expect(van.counters.restarts).toBe(1)
  })

  it('asks for what ids say is missing', () => {
    van.liveRouter()
    van.receive(MAIN, encodeRecords({ to: MAIN, messageId: 30, records: [] }), 11)
    for (const at of [11.5, 14.5]) van.sources.checkGaps(at * 1e6)
    expect(van.counters.missingMessages).toBe(19)
    expect(van.sent).toEqual([`sfe.${ROUTER}`])
    expect(van.counters.flushes).toMatchObject({ first: 1, gap: 1 })
  })

  it('asks for what a message told that was broken off on its way', () => {
    van.sources.onAborted(van.liveRouter(), 11e6)
    expect(van.sent).toEqual([`sfe.${ROUTER}`])
    expect(van.counters.flushes).toMatchObject({ first: 1, gap: 1 })
  })

  it('asks once for records that came without their beginning, however many (V17)', () => {
    van.liveRouter()
    van.port.outcome = 'incomplete'
    const deltas = Array.from({ length: 50 }, (_, index) => ({
      type: 16,
      identity: `${index}`,
      codes: [23],
      values: [1],
    }))
    van.receive(MAIN, encodeRecords({ to: MAIN, messageId: 11, records: deltas }), 11)
    expect(van.sent).toEqual([`sfe.${ROUTER}`])
    expect(van.counters.records.passed).toBe(51)
  })

  it('sweeps when the answer is complete', () => {
    van.liveRouter()
    van.receive(MAIN, encodeHeartbeat({ to: MAIN, messageId: 11, id: ROUTER, nowUs: 0 }, 'router'), 6)
    van.sources.tick(7e6)
    expect(van.port.told.at(-1)).toBe(`sweep ${ROUTER}`)
    expect(van.counters.sweptRecords).toBe(2)
  })

  it('says which source is silent, in metrics and in the log, until it is heard again or gone', async () => {
    const up = async () => {
      const lines = (await van.metrics.text())
        .split('\n')
        .filter(line => line.startsWith('tidemark_collector_van_source_up{'))
      return lines.map(line => line.slice(line.indexOf('{')))
    }
    van.liveRouter()
    expect(await up()).toEqual([`{source="${ROUTER}",type="ROUTER"} 1`])
    van.sources.tick(10.6e6)
    expect(await up()).toEqual([`{source="${ROUTER}",type="ROUTER"} 0`])
    van.receive(MAIN, encodeHeartbeat({ to: MAIN, messageId: 11, id: ROUTER, nowUs: 0 }, 'router'), 11)
    expect(await up()).toEqual([`{source="${ROUTER}",type="ROUTER"} 1`])
    van.sources.tick(30e6)
    van.sources.tick(50e6)
    expect(await up()).toEqual([])
    expect(van.logged).toEqual([
      'source discovered',
      'source is silent',
      'source is heard again',
      'source is silent',
      'source gone: silent for too long',
    ])
  })

  it('ends a silent source when it was last heard, and takes its late return for a new one (defect 13)', () => {
    van.liveRouter()
    van.sources.tick(10.5e6)
    expect(van.sources.countByPhase()).toMatchObject({ stale: 1, live: 0 })
    van.sources.tick(30.5e6)
    expect(van.port.told.at(-1)).toBe(`close ${ROUTER} silent last heard 0.5 s`)
    expect(van.attached.size).toBe(0)
    expect(van.sources.countByPhase()).toMatchObject({ stale: 0, gone: 1 })
    van.beacon(ROUTER, 'ROUTER', 60)
    expect(van.port.told.at(-1)).toBe(`open ${ROUTER} ROUTER`)
    expect([...van.attached.keys()]).toContain(MAIN)
  })

  it('judges nobody by a silence in which we did not listen', () => {
    van.liveRouter()
    van.sources.forgiveSilence(55e6)
    van.sources.tick(60e6)
    expect(van.sources.countByPhase()).toMatchObject({ live: 1 })
    van.sources.tick(85e6)
    expect(van.sources.countByPhase()).toMatchObject({ stale: 1 })
    van.sources.tick(86e6)
    expect(van.sources.countByPhase()).toMatchObject({ live: 0, gone: 1 })
  })
})
