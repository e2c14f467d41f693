import { describe, expect, test } from 'vitest'
import { T, ToldGraph } from '../../../test/support/told-graph.ts'

const MINUTE_US = 60_000_000

function withService(told: ToldGraph): ToldGraph {
  told.tell('LISTENER', 'fz6wq:2', { parent: 'fz6wq:0', startTime: T, vanAddress: 'svc' })
  told.tell('CONNECTOR', 'hk2pv:2', { parent: 'hk2pv:0', startTime: T, vanAddress: 'svc' })
  return told
}

function connect(told: ToldGraph, number: number): void {
  told.tell('BIFLOW_TPORT', `fz6wq:${number}`, { parent: 'fz6wq:2', startTime: T + number, connector: 'hk2pv:2' })
}

function end(told: ToldGraph, number: number): void {
  told.tell('BIFLOW_TPORT', `fz6wq:${number}`, { endTime: T + number + 5 })
}

describe('retention', () => {
  test("defect 1: what ended is evicted after 15 minutes by the collector's clock, and counted", () => {
    const told = withService(new ToldGraph())
    connect(told, 10)
    end(told, 10)
    told.nowUs += 15 * MINUTE_US - 1
    told.graph.expire(told.nowUs)
    expect(told.view.get('fz6wq:10')).toBeDefined()
    told.nowUs += 1
    told.graph.expire(told.nowUs)
    expect(told.view.get('fz6wq:10')).toBeUndefined()
    expect(told.view.statistics()).toMatchObject({ ended: 0, evicted: { age: 1, count: 0, bytes: 0 } })
  })

  test('the counts of an address survive the eviction of its flows', () => {
    const told = withService(new ToldGraph({ endedMaxCount: 0 }))
    for (let number = 10; number < 20; number += 1) connect(told, number)
    for (let number = 10; number < 19; number += 1) end(told, number)
    expect(told.view.get('fz6wq:10')).toBeUndefined()
    expect(told.address('svc')).toMatchObject({ totalFlows: 20, currentFlows: 2 })
  })

  test('the oldest ends go first when there are too many', () => {
    const told = withService(new ToldGraph({ endedMaxCount: 3 }))
    for (const number of [10, 11, 12, 13, 14]) connect(told, number)
    for (const number of [14, 10, 12, 11, 13]) end(told, number)
    const ended = [10, 11, 12, 13, 14].filter(number => told.view.get(`fz6wq:${number}`) !== undefined)
    expect(ended).toEqual([11, 12, 13])
    expect(told.view.statistics().evicted).toEqual({ age: 0, count: 2, bytes: 0 })
  })

  test('new limits hold from then on', () => {
    const told = withService(new ToldGraph())
    for (const number of [10, 11, 12, 13]) connect(told, number)
    for (const number of [10, 11, 12]) end(told, number)
    told.graph.retain({ endedMaxAgeMs: 60_000, endedMaxCount: 1, maxBytes: 2 ** 30 })
    end(told, 13)
    expect(told.view.statistics().evicted).toEqual({ age: 0, count: 3, bytes: 0 })
    told.nowUs += MINUTE_US
    told.graph.expire(told.nowUs)
    expect(told.view.statistics()).toMatchObject({ ended: 0, evicted: { age: 1 } })
  })

  test('when memory runs out, ended records go first, then new ones are refused', () => {
    const told = withService(new ToldGraph({ maxBytes: 60_000 }))
    let number = 10
    for (; told.view.statistics().evicted.bytes === 0; number += 1) {
      connect(told, number)
      end(told, number)
      if (number > 10_000) throw new Error('nothing was evicted')
    }
    let outcome = told.tell('BIFLOW_TPORT', `fz6wq:${number}`, { parent: 'fz6wq:2', startTime: T })
    for (; outcome === 'applied'; number += 1) {
      outcome = told.tell('BIFLOW_TPORT', `fz6wq:${number + 1}`, { parent: 'fz6wq:2', startTime: T })
      if (number > 10_000) throw new Error('nothing was refused')
    }
    expect(outcome).toBe('capped')
    expect(told.view.statistics()).toMatchObject({ ended: 0, outcomes: { capped: 1 } })
    expect(told.view.statistics().bytes).toBeLessThan(70_000)
  })

  test('a replayed capture with old times is not evicted at once', () => {
    const told = withService(new ToldGraph())
    told.nowUs = T + 3650 * 24 * 60 * MINUTE_US
    connect(told, 10)
    end(told, 10)
    told.graph.expire(told.nowUs + MINUTE_US)
    expect(told.view.get('fz6wq:10')).toBeDefined()
  })

  test('an open flow is kept however long it is idle', () => {
    const told = withService(new ToldGraph())
    connect(told, 10)
    told.graph.expire(told.nowUs + 365 * 24 * 60 * MINUTE_US)
    told.tell('BIFLOW_TPORT', 'fz6wq:10', { octets: 7 })
    expect(told.attributes('fz6wq:10')).toMatchObject({ parent: 'fz6wq:2', octets: 7 })
  })

  test('an ended listener stays while flows that hang on it are retained, and goes with the last', () => {
    const told = withService(new ToldGraph())
    connect(told, 10)
    told.tell('LISTENER', 'fz6wq:2', { endTime: T + 9 })
    told.nowUs += 20 * MINUTE_US
    told.graph.expire(told.nowUs)
    expect(told.view.get('fz6wq:2')?.endReason).toBe('reported')
    end(told, 10)
    told.nowUs += 20 * MINUTE_US
    told.graph.expire(told.nowUs)
    expect(told.view.get('fz6wq:10')).toBeUndefined()
    expect(told.view.get('fz6wq:2')).toBeUndefined()
  })

  test('defect 27: an address goes when nothing that belongs to it is retained', () => {
    const told = withService(new ToldGraph())
    connect(told, 10)
    told.graph.closeSource(told.source('fz6wq:0'), 'silent', told.nowUs, told.nowUs)
    told.graph.closeSource(told.source('hk2pv:0'), 'silent', told.nowUs, told.nowUs)
    expect(told.address('svc')).toMatchObject({ listenerCount: 0, connectorCount: 0, currentFlows: 0, totalFlows: 2 })
    told.graph.expire(told.nowUs + 15 * MINUTE_US)
    expect([...told.view.byType('VAN_ADDRESS')]).toEqual([])
    expect(told.view.statistics()).toMatchObject({ live: 0, ended: 0, rows: 0 })
  })

  test('records that name each other in a circle are evicted all the same', () => {
    const told = new ToldGraph()
    told.tell('FLOW', 'fz6wq:1', { parent: 'fz6wq:2', startTime: T, counterflow: 'fz6wq:2' })
    told.tell('FLOW', 'fz6wq:2', { parent: 'fz6wq:1', startTime: T, counterflow: 'fz6wq:1' })
    told.tell('LISTENER', 'fz6wq:3', { parent: 'fz6wq:3', startTime: T })
    told.graph.closeSource(told.source('fz6wq:0'), 'silent', told.nowUs, told.nowUs)
    told.graph.expire(told.nowUs + 15 * MINUTE_US)
    expect(told.view.statistics()).toMatchObject({ live: 0, ended: 0, rows: 0 })
  })

  test('a record may not hoard attributes', () => {
    const told = new ToldGraph()
    for (let code = 100; code < 400; code += 1) told.tell('ROUTER', 'fz6wq:0', { startTime: T, [code]: 'x' })
    expect(Object.keys(told.attributes('fz6wq:0'))).toHaveLength(129)
    expect(told.view.statistics().refusedAttributes).toBe(172)
  })

  test('expiry works in turns', () => {
    const told = withService(new ToldGraph())
    for (let number = 10; number < 15; number += 1) {
      connect(told, number)
      end(told, number)
    }
    told.nowUs += 15 * MINUTE_US
    expect(told.graph.expire(told.nowUs, 3)).toBe(true)
    expect(told.view.statistics().ended).toBe(2)
    expect(told.graph.expire(told.nowUs, 3)).toBe(false)
    expect(told.view.statistics().ended).toBe(0)
  })

  test('defect 23: nothing is searched through, neither to link, nor to end, nor to evict', () => {
    const flows = 50_000
    const told = new ToldGraph({ endedMaxCount: flows / 2 })
    // With one search among the flows for each of them, this would take minutes.
    for (let number = 10; number < flows + 10; number += 1) connect(told, number)
    withService(told)
    expect(told.address('svc')).toMatchObject({ currentFlows: 2 * flows })
    for (let number = flows + 9; number >= 10; number -= 1) {
      told.tell('PROCESS', `pod-${number % 1000}`, { parent: 'site-1', startTime: T + number, sourceHost: '10.0.0.1' })
      end(told, number)
    }
    expect(told.address('svc')).toMatchObject({ currentFlows: 0, totalFlows: 2 * flows })
    expect(told.view.statistics()).toMatchObject({ ended: flows / 2, evicted: { count: flows / 2 } })
  })

  test('texts of known records are refused when there is no room, numbers and ends are not', () => {
    const maxBytes = 200_000
    const told = new ToldGraph({ maxBytes })
    told.tell('LINK', 'fz6wq:1', { parent: 'fz6wq:0', startTime: T, name: 'east', octets: 1 })
    told.tell('SITE', 'site', { startTime: T, name: 'west' })
    const text = 'x'.repeat(10_000)
    for (let code = 100; code < 200; code += 1) told.tell('SITE', 'site', { [code]: `${code}${text}` })
    expect(told.view.statistics().bytes).toBeLessThan(maxBytes + 2 * text.length)
    expect(told.view.statistics().outcomes.capped).toBeGreaterThan(50)
    // What is known is no news, and counts as before.
    expect(told.tell('LINK', 'fz6wq:1', { name: 'east' })).toBe('unchanged')
    expect(told.tell('LINK', 'fz6wq:1', { octets: 2, name: 'west' })).toBe('capped')
    expect(told.attributes('fz6wq:1')).toMatchObject({ octets: 2, name: 'east' })
    told.tell('SITE', 'site', { endTime: T + 5 })
    expect(told.tell('LINK', 'fz6wq:1', { name: 'west' })).toBe('applied')
    expect(told.attributes('fz6wq:1')).toMatchObject({ name: 'west' })
    expect(told.view.get('site')).toBeUndefined()
  })
})
