import { describe, expect, it } from 'vitest'
import { attributeOf, listenTo, merge, recordsOf, truthOf } from '../../../test/support/heard-network.ts'
import { ATTRIBUTE, RECORD_TYPE } from '../../vanflow/index.ts'
import type { NetworkOptions } from './network-options.ts'

describe('the timeline of a network', () => {
  it('has a beacon of each source within 10 s, then every 10 s', () => {
    const { pass, of } = listenTo()
    pass(30)
    const bySource = Map.groupBy(of('beacon'), ({ message }) => (message.kind === 'beacon' ? message.id : undefined))
    expect(bySource.size).toBe(6)
    for (const beacons of bySource.values()) {
      expect(beacons[0]!.at).toBeLessThanOrEqual(10)
      expect(beacons).toHaveLength(3)
      expect(beacons[1]!.at - beacons[0]!.at).toBeCloseTo(10, 5)
    }
  })

  it('has a heartbeat of each source every 2 s, controllers on their own address', () => {
    const { pass, of } = listenTo()
    pass(20)
    const heartbeats = Map.groupBy(of('heartbeat'), ({ address }) => address)
    expect(heartbeats.size).toBe(6)
    for (const [address, beats] of heartbeats) {
      const isController = address.endsWith('.heartbeats')
      expect(beats.length).toBe(10)
      expect(beats.every(beat => beat.settled === !isController)).toBe(true)
      expect(beats[0]!.message.to).toBe(address.replace('.heartbeats', ''))
    }
  })

  it('numbers the messages of a router without a gap, over all its addresses', () => {
    const { pass, heard, network } = listenTo()
    pass(20)
    const router = network.sourceIds('west')[0]!
    const ids = heard
      .filter(({ message, address }) =>
        message.kind === 'beacon' ? message.id === router : address.startsWith(`mc/sfe.${router}`),
      )
      .map(({ message }) => message.messageId)
    expect(ids.length).toBeGreaterThan(30)
    expect(ids).toEqual(ids.map((_, index) => index))
  })

  it('tells each record at most once a second, and only what changed', () => {
    const { pass, heard } = listenTo()
    pass(30)
    const flows = Map.groupBy(recordsOf(heard), ({ record }) => record.identity)
    for (const [identity, told] of flows) {
      const unflushed = told.filter(({ record }) => record.type === RECORD_TYPE.BIFLOW_TPORT)
      for (const [index, { at }] of unflushed.entries()) {
        if (index > 0) expect(at - unflushed[index - 1]!.at, identity).toBeGreaterThan(0.9)
      }
    }
    const deltas = recordsOf(heard).filter(({ record }) => record.type === RECORD_TYPE.BIFLOW_TPORT)
    expect(deltas.some(({ record }) => record.codes.length === 2)).toBe(true)
  })

  it('sends at most 50 records in a message, flows on their own address', () => {
    const { pass, heard } = listenTo({ rate: 300 })
    pass(10)
    const sizes = heard.map(({ message }) => (message.kind === 'records' ? message.records.length : 0))
    expect(Math.max(...sizes)).toBe(50)
    for (const { record, address } of recordsOf(heard)) {
      expect(address.endsWith('.flows')).toBe(record.type >= RECORD_TYPE.BIFLOW_TPORT)
    }
  })

  it('tells the end of a connection 5 s late, with the time at which it was', () => {
    const { pass, heard, network } = listenTo({ rate: 5, meanDurationMs: 2000 })
    pass(5)
    network.closeConnections()
    const closedAt = Date.now() * 1000
    network.trafficRuns = false
    const before = heard.length
    pass(4.5)
    const ends = () =>
      recordsOf(heard.slice(before)).filter(
        ({ record }) => record.type === RECORD_TYPE.BIFLOW_TPORT && record.codes.includes(ATTRIBUTE.endTime),
      )
    const late = ends().length
    pass(3)
    expect(ends().length).toBeGreaterThan(late)
    for (const { record } of ends()) expect(Number(attributeOf(record, 'endTime'))).toBeLessThan(closedAt + 1_000_000)
  })

  it('counts a first connection as two at its connector', () => {
    const { pass, heard, network } = listenTo({ rate: 10, services: 1 })
    pass(20)
    const counts = recordsOf(heard)
      .filter(({ record }) => record.type === RECORD_TYPE.CONNECTOR)
      .map(({ record }) => attributeOf(record, 'flowCountL4'))
    const { opened } = network.truth().connections
    expect(Math.max(...counts.map(Number))).toBeLessThanOrEqual(opened + 1)
    expect(counts).not.toContain(1)
  })
})

describe('a network says to who listens from the start', () => {
  it.each([
    ['routers 3.x, controllers v2', {}],
    ['routers 2.7, controllers v1', { routerDialects: ['router-2.7'], controllerDialects: ['controller-v1'] }],
    ['routers 2.3', { routerDialects: ['router-2.3'] }],
    ['routers 3.x without controllers', { controllerDialects: [] }],
    ['all at once', { routers: 6, routerDialects: ['router-2.3', 'router-2.7', 'router-3.x'] }],
    ['twelve sites', { routers: 12, services: 8 }],
  ] as [string, Partial<NetworkOptions>][])('exactly what is true: %s', (_what, options) => {
    const { network, heard, pass } = listenTo({ rate: 10, ...options })
    pass(30)
    network.trafficRuns = false
    pass(10)
    expect(merge(heard)).toEqual(truthOf(network))
    expect(network.truth().records.size).toBeGreaterThan(30)
  })

  it('and again all that lives when it is asked to, within a second', () => {
    const { network, heard, pass } = listenTo({ rate: 10 })
    pass(20)
    network.trafficRuns = false
    pass(10)
    const before = heard.length
    for (const site of ['west', 'east', 'north']) {
      for (const id of network.sourceIds(site)) expect(network.flush(`sfe.${id}`)).toBe(true)
    }
    pass(1.1)
    expect(merge(heard.slice(before))).toEqual(truthOf(network))
    expect(network.flush('sfe.nobody:0')).toBe(false)
  })

  it('but what changes while nobody listens is lost, until it is asked for', () => {
    const { network, heard, deaf, pass } = listenTo()
    const [router] = network.sourceIds('west')
    deaf.add(`mc/sfe.${router}`)
    pass(20)
    deaf.clear()
    network.trafficRuns = false
    pass(10)
    expect(merge(heard).has(router!)).toBe(false)
    network.flush(`sfe.${router}`)
    pass(1.1)
    expect(merge(heard).get(router!)).toEqual(truthOf(network).get(router!))
  })

  it('the same for the same seed, and otherwise for another', () => {
    const names = (seed: number) => {
      const { network, heard, pass } = listenTo({ seed, rate: 5 })
      pass(10)
      return [network.plan, recordsOf(heard).map(({ record }) => [record.type, record.identity, record.codes])]
    }
    expect(names(3)).toEqual(names(3))
    expect(names(3)).not.toEqual(names(4))
  })
})
