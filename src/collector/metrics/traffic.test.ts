import { beforeEach, describe, expect, it } from 'vitest'
import { T } from '../../../test/support/told-graph.ts'
import { ToldNetwork } from '../../../test/support/told-network.ts'
import { TRAFFIC_DEFAULTS } from './traffic.ts'

let network: ToldNetwork
beforeEach(() => {
  network = new ToldNetwork()
})

describe('traffic metrics', () => {
  it('count a connection once, its bytes as they grow, and its end', () => {
    network.tellSites()
    network.tellProcesses()
    network.tellConnection('fz6wq:3', { octets: 0, octetsReverse: 0 })
    expect(network.series).toEqual(['client-1 > server-1: 1 0 0 0'])
    network.tell('BIFLOW_TPORT', 'fz6wq:3', { octets: 500, octetsReverse: 70 })
    network.tell('BIFLOW_TPORT', 'fz6wq:3', { octets: 600 })
    expect(network.series).toEqual(['client-1 > server-1: 1 0 600 70'])
    network.tell('BIFLOW_TPORT', 'fz6wq:3', { endTime: T + 5, octetsReverse: 80 })
    network.tell('BIFLOW_TPORT', 'fz6wq:3', { endTime: T + 5 })
    expect(network.series).toEqual(['client-1 > server-1: 1 1 600 80'])
  })

  it('carry the labels of the network-observer', () => {
    network.tellSites()
    network.tellProcesses()
    network.tellConnection('fz6wq:3')
    network.settle()
    expect([...network.traffic.traffic.values()][0]?.labels).toBe(
      [
        'source_site_id="west-1"',
        'dest_site_id="east-2"',
        'source_site_name="west"',
        'dest_site_name="east"',
        'source_component_id="pg-36e3a9c371bac33e"',
        'dest_component_id="pg-a5d97e42d5983d3a"',
        'source_component_name="clients"',
        'dest_component_name="servers"',
        'routing_key="backend"',
        'protocol="tcp"',
        'source_process_name="client-1"',
        'dest_process_name="server-1"',
      ].join(','),
    )
  })

  it('never go down: a count that falls is ignored (vector 54)', () => {
    network.tellSites()
    network.tellProcesses()
    for (const octets of [500, 200, 500, 700]) {
      network.tellConnection('fz6wq:3', { octets })
      network.settle()
    }
    expect(network.series).toEqual(['client-1 > server-1: 1 0 700 0'])
  })

  it('count a connection whose id a restarted router gives to another as two', () => {
    network.tellSites()
    network.tellProcesses()
    network.tellConnection('fz6wq:3', { octets: 500 })
    network.settle()
    network.open('fz6wq:0')
    network.tell('ROUTER', 'fz6wq:0', { startTime: T + 9, parent: 'west-1', name: '0/west', mode: 'interior' })
    network.tell('LISTENER', 'fz6wq:2', { startTime: T + 9, parent: 'fz6wq:0', vanAddress: 'backend', protocol: 'tcp' })
    network.tellConnection('fz6wq:3', { startTime: T + 10, octets: 100 })
    expect(network.series).toEqual(['client-1 > server-1: 2 1 600 0'])
  })

  it('wait for records that say whose a connection is, and lose nothing meanwhile', () => {
    network.tellConnection('fz6wq:3', { octets: 500 })
    expect(network.series).toEqual([])
    expect(network.traffic.waiting).toBe(1)
    network.tellSites()
    network.tellProcesses()
    network.tellConnection('fz6wq:3', { octets: 600 })
    expect(network.series).toEqual(['client-1 > server-1: 1 0 600 0'])
    expect(network.traffic.waiting).toBe(0)
  })

  it('give inferred names to processes that nobody reports, after a while', () => {
    network.tellSites()
    network.tellConnection('fz6wq:3', { octets: 500, endTime: T + 5 })
    expect(network.series).toEqual([])
    network.nowMs += TRAFFIC_DEFAULTS.attributionMs
    expect(network.series).toEqual(['site-client-10.1.0.5-west > site-server-10.0.0.6-east: 1 1 500 0'])
  })

  it('count what is evicted before its time has come', () => {
    network.tellSites()
    network.tellConnection('fz6wq:3', { octets: 500, endTime: T + 5 })
    network.settle()
    network.graph.expire(T + 3600e6)
    expect(network.series).toEqual(['site-client-10.1.0.5-west > site-server-10.0.0.6-east: 1 1 500 0'])
    expect(network.traffic.connections).toBe(0)
  })

  it('join the two FLOWs that older routers tell', () => {
    network.tellSites()
    network.tellProcesses()
    network.tell('FLOW', 'hk2pv:10', {
      parent: 'hk2pv:2',
      startTime: T,
      counterflow: 'fz6wq:10',
      octets: 70,
      latency: 900,
    })
    network.tell('FLOW', 'fz6wq:10', {
      parent: 'fz6wq:2',
      startTime: T,
      sourceHost: '10.1.0.5',
      octets: 5,
      latency: 1500,
    })
    expect(network.series).toEqual(['client-1 > server-1: 1 0 5 70'])
    network.tell('FLOW', 'fz6wq:10', { endTime: T + 9, octets: 6 })
    network.tell('FLOW', 'hk2pv:10', { octets: 80 })
    expect(network.series).toEqual(['client-1 > server-1: 1 0 6 80'])
    network.tell('FLOW', 'hk2pv:10', { endTime: T + 9 })
    expect(network.series).toEqual(['client-1 > server-1: 1 1 6 80'])
    expect([...network.traffic.traffic.values()][0]?.latency.count).toBe(1)
  })

  it('observe the network share of the latency, never below zero (vector 53)', () => {
    network.tellSites()
    network.tellProcesses()
    network.tellConnection('fz6wq:3', { latency: 1000 })
    network.settle()
    network.tellConnection('fz6wq:3', { processLatency: 3000 })
    network.tellConnection('fz6wq:4', { latency: 26_244, processLatency: 3431 })
    network.settle()
    const lines = [...network.traffic.traffic.values()][0]?.latency.lines('x', 'of="all"').split('\n') ?? []
    const value = (suffix: string) =>
      lines
        .find(line => line.includes(suffix))
        ?.split(' ')
        .at(-1)
    expect(value('le="0.001"')).toBe('1')
    expect(value('le="0.01"')).toBe('1')
    expect(value('le="0.025"')).toBe('2')
    expect(value('le="+Inf"')).toBe('2')
    expect(Number(value('x_sum'))).toBeCloseTo(0.022813)
  })

  it('fold what is beyond the cap into one series, so that sums stay right, and forget what is idle', () => {
    network = new ToldNetwork({ ...TRAFFIC_DEFAULTS, maxSeries: 2, idleSeriesMs: 1000 })
    network.tellSites()
    network.nowMs = 1
    for (let client = 1; client <= 5; client += 1) {
      network.tellConnection(`fz6wq:${client}0`, { sourceHost: `10.2.0.${client}`, octets: client, endTime: T + 5 })
    }
    network.settle()
    network.nowMs += TRAFFIC_DEFAULTS.attributionMs
    expect(network.series).toEqual([
      'site-client-10.2.0.1-west > site-server-10.0.0.6-east: 1 1 1 0',
      'site-client-10.2.0.2-west > site-server-10.0.0.6-east: 1 1 2 0',
      'other > other: 3 3 12 0',
    ])
    expect(network.traffic.traffic.refused).toBe(3)
    network.graph.expire(T + 3600e6)
    network.nowMs += 2000
    network.traffic.forgetIdleSeries(network.nowMs)
    expect(network.traffic.traffic.size).toBe(0)
  })
})
