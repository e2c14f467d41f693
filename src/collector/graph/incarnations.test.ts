import { beforeEach, describe, expect, test } from 'vitest'
import { T, ToldGraph } from '../../../test/support/told-graph.ts'

let told: ToldGraph

beforeEach(() => {
  told = new ToldGraph()
  told.tell('SITE', 'site-1', { startTime: T, name: 'west' })
  told.tell('ROUTER', 'fz6wq:0', { parent: 'site-1', startTime: T, name: '0/west' })
  told.tell('LISTENER', 'fz6wq:2', { parent: 'fz6wq:0', startTime: T + 1, vanAddress: 'svc' })
  told.tell('BIFLOW_TPORT', 'fz6wq:3', { parent: 'fz6wq:2', startTime: T + 2, octets: 5 })
})

function live(recordType: string): string[] {
  return [...told.view.byType(recordType)].filter(record => record.endTimeUs === undefined).map(r => r.identity)
}

describe('a source that restarts or falls silent', () => {
  test('defect 13: its records end, with the reason, when it was last heard, by its own clock', () => {
    told.source('fz6wq:0').clockOffsetUs = 1_000_000
    told.graph.closeSource(told.source('fz6wq:0'), 'silent', T + 40_000_000, T + 70_000_000)
    for (const identity of ['fz6wq:0', 'fz6wq:2', 'fz6wq:3']) {
      expect(told.view.get(identity)).toMatchObject({ endReason: 'silent', endTimeUs: T + 39_000_000 })
    }
    expect(told.address('svc')).toMatchObject({ listenerCount: 0, currentFlows: 0, totalFlows: 1 })
    expect(told.view.get('site-1')?.endReason).toBeUndefined()
  })

  test('when it is heard again with the same records, they live again, once', () => {
    told.graph.closeSource(told.source('fz6wq:0'), 'silent', told.nowUs, told.nowUs)
    expect(told.open('fz6wq:0').epoch).toBe(2)
    told.tell('LISTENER', 'fz6wq:2', { parent: 'fz6wq:0', startTime: T + 1, vanAddress: 'svc' })
    told.tell('BIFLOW_TPORT', 'fz6wq:3', { parent: 'fz6wq:2', startTime: T + 2, octets: 9 })
    expect([...told.view.byType('BIFLOW_TPORT')]).toHaveLength(1)
    expect(told.attributes('fz6wq:3')).toEqual({ parent: 'fz6wq:2', startTime: T + 2, octets: 9 })
    expect(told.address('svc')).toMatchObject({ listenerCount: 1, currentFlows: 1, totalFlows: 1 })
  })

  test('also when a delta comes before the answer to the FLUSH', () => {
    told.graph.closeSource(told.source('fz6wq:0'), 'silent', told.nowUs, told.nowUs)
    told.open('fz6wq:0')
    expect(told.tell('BIFLOW_TPORT', 'fz6wq:3', { octets: 8 })).toBe('incomplete')
    expect(told.tell('BIFLOW_TPORT', 'fz6wq:3', { parent: 'fz6wq:2', startTime: T + 2, octets: 9 })).toBe('applied')
    told.tell('LISTENER', 'fz6wq:2', { vanAddress: 'svc' })
    told.tell('LISTENER', 'fz6wq:2', { parent: 'fz6wq:0', startTime: T + 1, vanAddress: 'svc' })
    expect([...told.view.byType('BIFLOW_TPORT')]).toHaveLength(1)
    expect([...told.view.byType('LISTENER')]).toHaveLength(1)
    expect(told.address('svc')).toMatchObject({ listenerCount: 1, currentFlows: 1, totalFlows: 1 })
  })

  test('a restart that nobody noticed shows in the start time', () => {
    told.tell('BIFLOW_TPORT', 'fz6wq:3', { parent: 'fz6wq:2', startTime: T + 99, octets: 1 })
    const [before, after] = [...told.view.byType('BIFLOW_TPORT')]
    expect(before).toMatchObject({ endReason: 'restarted' })
    expect(before?.get('octets')).toBe(5)
    expect(after?.endReason).toBeUndefined()
    expect(told.view.get('fz6wq:3')?.key).toBe(after?.key)
    expect(told.address('svc')).toMatchObject({ currentFlows: 1, totalFlows: 2 })
  })

  test('flows that ended keep the listener that they had', () => {
    told.tell('BIFLOW_TPORT', 'fz6wq:3', { endTime: T + 9 })
    told.open('fz6wq:0')
    told.tell('LISTENER', 'fz6wq:2', { parent: 'fz6wq:0', startTime: T + 50, vanAddress: 'other' })
    const flow = told.view.get('fz6wq:3')!
    expect(told.view.parentOf(flow)?.get('vanAddress')).toBe('svc')
    expect(told.view.addressOf(flow)).toBe('svc')
  })

  test('links of other routers follow an identity to the router that bears it now', () => {
    told.tell('ROUTER_ACCESS', 'fz6wq:4', { parent: 'fz6wq:0', startTime: T, role: 'inter-router' })
    told.tell('LINK', 'hk2pv:1', { parent: 'hk2pv:0', startTime: T, peer: 'fz6wq:4', operStatus: 'up' })
    told.open('fz6wq:0')
    told.tell('ROUTER_ACCESS', 'fz6wq:4', { parent: 'fz6wq:0', startTime: T + 50, role: 'inter-router' })
    const peer = told.view.targetOf(told.view.get('hk2pv:1')!)
    expect(peer).toMatchObject({ startTimeUs: T + 50, endTimeUs: undefined })
  })

  test('what a closed source still sends is dropped and counted', () => {
    const former = told.source('fz6wq:0')
    told.open('fz6wq:0')
    const late = { type: 4, identity: 'fz6wq:2', codes: [40], values: [3] }
    expect(told.graph.apply(former, late, told.nowUs)).toBe('closed-source')
    expect(told.attributes('fz6wq:2')).not.toHaveProperty('flowCountL4')
  })

  test('a site that a controller still vouches for outlives its router', () => {
    told.tell('SITE', 'site-2', { startTime: T, name: 'east' }, 'hk2pv:0')
    told.tell('SITE', 'site-2', { startTime: T, platform: 'kubernetes' })
    told.graph.closeSource(told.source('hk2pv:0'), 'silent', told.nowUs, told.nowUs)
    expect(told.view.get('site-2')).toMatchObject({ endReason: undefined, sourceId: 'controller' })
    told.graph.closeSource(told.source('controller'), 'silent', told.nowUs, told.nowUs)
    expect(told.view.get('site-2')?.endReason).toBe('silent')
  })
})

describe('mark and sweep', () => {
  test('what the answer to a FLUSH does not mention has ended when the FLUSH was sent', () => {
    told.nowUs += 100
    told.graph.mark(told.source('fz6wq:0'), told.nowUs)
    told.nowUs += 7_000_000
    told.tell('ROUTER', 'fz6wq:0', { parent: 'site-1', startTime: T, name: '0/west' })
    told.tell('LISTENER', 'fz6wq:2')
    expect(told.graph.sweep(told.source('fz6wq:0'), told.nowUs)).toBe(1)
    expect(told.view.get('fz6wq:3')).toMatchObject({ endReason: 'swept', endTimeUs: T + 100 })
    expect([live('ROUTER'), live('LISTENER')]).toEqual([['fz6wq:0'], ['fz6wq:2']])
    expect(told.address('svc')).toMatchObject({ currentFlows: 0 })
  })

  test('a sweep without a mark ends nothing', () => {
    expect(told.graph.sweep(told.source('fz6wq:0'), told.nowUs)).toBe(0)
  })

  test('what was swept by mistake lives again when it is mentioned, unless it reports its end', () => {
    told.graph.mark(told.source('fz6wq:0'), told.nowUs)
    told.graph.sweep(told.source('fz6wq:0'), told.nowUs)
    expect(told.tell('BIFLOW_TPORT', 'fz6wq:3')).toBe('applied')
    expect(told.view.get('fz6wq:3')?.endTimeUs).toBeUndefined()
    told.graph.mark(told.source('fz6wq:0'), told.nowUs)
    told.graph.sweep(told.source('fz6wq:0'), told.nowUs)
    told.tell('BIFLOW_TPORT', 'fz6wq:3', { endTime: T + 77 })
    expect(told.view.get('fz6wq:3')).toMatchObject({ endReason: 'reported', endTimeUs: T + 77 })
    expect(told.address('svc')).toMatchObject({ currentFlows: 0, totalFlows: 1 })
  })
})
