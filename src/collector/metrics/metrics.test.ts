import { beforeEach, describe, expect, it } from 'vitest'
import { T, type Told, ToldGraph } from '../../../test/support/told-graph.ts'
import { Metrics } from '../../common/index.ts'
import { WatchHub } from '../api/index.ts'
import { CollectorMetrics } from './collector-metrics.ts'
import { componentId } from './component-id.ts'
import { INVENTORY, InventoryCounts } from './inventory.ts'
import { LinkErrors } from './link-errors.ts'
import { readRequest } from './request-series.ts'
import { TRAFFIC_DEFAULTS, TrafficMetrics } from './traffic.ts'

/** A graph with the two sites of the reference, and the traffic metrics of it, at a time that the test sets. */
class Network extends ToldGraph {
  nowMs = 0
  readonly traffic: TrafficMetrics

  constructor(options = TRAFFIC_DEFAULTS) {
    super()
    this.traffic = new TrafficMetrics(this.view, options)
    this.view.subscribe(change => this.traffic.onChange(change, this.nowMs))
  }

  tellSites(): void {
    this.tell('SITE', 'west-1', { startTime: T, name: 'west' })
    this.tell('SITE', 'east-2', { startTime: T, name: 'east' })
    this.tell('ROUTER', 'fz6wq:0', { startTime: T, parent: 'west-1', name: '0/west', mode: 'interior' })
    this.tell('ROUTER', 'hk2pv:0', { startTime: T, parent: 'east-2', name: '0/east', mode: 'interior' })
    const backend = { startTime: T, vanAddress: 'backend', protocol: 'tcp' }
    this.tell('LISTENER', 'fz6wq:2', { ...backend, parent: 'fz6wq:0' })
    this.tell('CONNECTOR', 'hk2pv:2', { ...backend, parent: 'hk2pv:0', destHost: '10.0.0.6' })
  }

  tellProcesses(): void {
    this.tell('PROCESS', 'p1', process('west-1', 'client-1', '10.1.0.5', 'clients'))
    this.tell('PROCESS', 'p2', process('east-2', 'server-1', '10.0.0.6', 'servers'))
  }

  tellConnection(id: string, told: Told = {}): void {
    this.tell('BIFLOW_TPORT', id, {
      parent: 'fz6wq:2',
      startTime: T,
      sourceHost: '10.1.0.5',
      connector: 'hk2pv:2',
      ...told,
    })
  }

  settle(): void {
    while (this.traffic.settle(this.nowMs, 10));
  }

  /** The traffic series, as `source > dest: opened closed sent received`. */
  get series(): string[] {
    this.settle()
    return [...this.traffic.traffic.values()].map(({ traffic, opened, closed, sentBytes, receivedBytes }) => {
      const ends = `${traffic.source.processName} > ${traffic.dest.processName}`
      return `${ends}: ${opened} ${closed} ${sentBytes} ${receivedBytes}`
    })
  }

  get requests(): string[] {
    this.settle()
    return [...this.traffic.requests.values()].map(({ labels, count }) => `${labels} ${count}`)
  }
}

function process(site: string, name: string, host: string, group: string): Told {
  return { startTime: T, parent: site, name, sourceHost: host, imageName: `img/${group}`, group }
}

let network: Network
beforeEach(() => {
  network = new Network()
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
    network = new Network({ ...TRAFFIC_DEFAULTS, maxSeries: 2, idleSeriesMs: 1000 })
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

describe('request metrics', () => {
  const traffic = /^source_site_id="west-1",.*,protocol="(\w+)",.*,method="(\w+)",code="(\w+)" (\d+)$/

  it('count ended requests by method and class of answer, with the traffic of their connection', () => {
    network.tellSites()
    network.tellProcesses()
    network.tellConnection('fz6wq:3')
    const request = { parent: 'fz6wq:3', startTime: T, protocol: 'HTTP/1.1', method: 'GET', result: '200' }
    network.tell('BIFLOW_APP', 'fz6wq:4', request)
    expect(network.requests).toEqual([])
    network.tell('BIFLOW_APP', 'fz6wq:4', { endTime: T + 1 })
    network.tell('BIFLOW_APP', 'fz6wq:5', { ...request, endTime: T + 1 })
    network.tell('BIFLOW_APP', 'fz6wq:5', { ...request, endTime: T + 1 })
    network.tell('BIFLOW_APP', 'fz6wq:6', { ...request, result: '404', endTime: T + 1 })
    expect(network.requests.map(line => traffic.exec(line)?.slice(1))).toEqual([
      ['http1', 'GET', '2xx', '2'],
      ['http1', 'GET', '4xx', '1'],
    ])
  })

  it('wait for a connection that comes later', () => {
    network.tellSites()
    network.tellProcesses()
    network.tell('BIFLOW_APP', 'fz6wq:4', { parent: 'fz6wq:3', startTime: T, method: 'GET', endTime: T + 1 })
    expect(network.requests).toEqual([])
    network.tellConnection('fz6wq:3')
    expect(network.requests.map(line => traffic.exec(line)?.slice(1))).toEqual([['tcp', 'GET', 'unknown', '1']])
  })

  it("count as nobody's when their connection goes before it was known", () => {
    network.tellSites()
    network.tell('BIFLOW_TPORT', 'fz6wq:9', { octets: 5 })
    network.tell('BIFLOW_APP', 'fz6wq:10', {
      parent: 'fz6wq:9',
      startTime: T,
      endTime: T + 5,
      method: 'GET',
      result: '200',
    })
    network.settle()
    network.tell('BIFLOW_TPORT', 'fz6wq:9', { endTime: T + 9 })
    network.graph.expire(T + 3600e6)
    expect(network.view.get('fz6wq:9')).toBeUndefined()
    expect(network.requests).toEqual([expect.stringMatching(/source_site_id="unknown".*method="GET",code="2xx" 1$/)])
  })

  it('count a request of older routers once, though both sides tell it', () => {
    network.tellSites()
    network.tellProcesses()
    network.tell('FLOW', 'fz6wq:10', { parent: 'fz6wq:2', startTime: T, sourceHost: '10.1.0.5' })
    network.tell('FLOW', 'hk2pv:10', { parent: 'hk2pv:2', startTime: T, counterflow: 'fz6wq:10' })
    const request = { startTime: T, endTime: T + 1, method: 'PUT', result: '500' }
    network.tell('FLOW', 'fz6wq:11', { ...request, parent: 'fz6wq:10' })
    network.tell('FLOW', 'hk2pv:11', { ...request, parent: 'hk2pv:10', counterflow: 'fz6wq:11' })
    expect(network.requests.map(line => traffic.exec(line)?.slice(1))).toEqual([['tcp', 'PUT', '5xx', '1']])
  })

  it.each([
    [
      { method: 'get', result: '201', protocol: 'HTTP/1.0' },
      { method: 'GET', code: '2xx', protocol: 'http1' },
    ],
    [
      { method: 'FOO', result: '99', protocol: 'HTTP/2' },
      { method: 'unknown', code: '1xx', protocol: 'http2' },
    ],
    [
      { method: 'POST', result: '600', protocol: 'grpc' },
      { method: 'POST', code: 'unknown', protocol: 'grpc' },
    ],
    [{ result: 'abc' }, { method: 'unknown', code: 'unknown', protocol: undefined }],
    [{}, { method: 'unknown', code: 'unknown', protocol: undefined }],
  ])('label %j as %j (vector 52)', (told: Told, expected) => {
    network.tell('BIFLOW_APP', 'fz6wq:4', { parent: 'fz6wq:3', ...told })
    expect(readRequest(network.view.get('fz6wq:4')!)).toEqual(expected)
  })
})

describe('the inventory', () => {
  const counts = () => INVENTORY.map(gauge => new InventoryCounts(network.view, gauge, 100))

  it('counts links once their router and its site are known, and shows a status that no link has any more as 0 (vector 51)', () => {
    const links = counts()[2]!
    const lines = () => [...links.lines()].filter(line => line !== '')
    const link = { parent: 'fz6wq:0', startTime: T, role: 'inter-router' }
    network.tell('LINK', 'fz6wq:1', { ...link, operStatus: 'down' })
    network.tell('LINK', 'fz6wq:2', { ...link, operStatus: 'up' })
    expect(lines()).toEqual([])
    network.tell('ROUTER', 'fz6wq:0', { startTime: T })
    expect(lines()).toEqual([])
    network.tell('ROUTER', 'fz6wq:0', { parent: 's01', mode: 'interior' })
    const line = (status: string, count: number) =>
      `skupper_site_links_total{site_id="s01",role="inter-router",status="${status}"} ${count}\n`
    expect(lines()).toEqual([line('down', 1), line('up', 1)])
    network.tell('LINK', 'fz6wq:1', { operStatus: 'up' })
    expect(lines()).toEqual([line('down', 0), line('up', 2)])
  })

  it('counts sites, routers, listeners and connectors that live', () => {
    network.tellSites()
    network.tell('SITE', 'west-1', { 32: '2.2.1' })
    const all = counts()
    const text = () => all.map(gauge => [...gauge.lines()].join('')).join('')
    expect(text()).toBe(
      [
        'skupper_site_info{site_id="west-1",name="west",version="2.2.1"} 1',
        'skupper_routers_total{site_id="west-1",mode="interior"} 1',
        'skupper_routers_total{site_id="east-2",mode="interior"} 1',
        'skupper_site_listeners_total{site_id="west-1"} 1',
        'skupper_site_connectors_total{site_id="east-2"} 1',
        '',
      ].join('\n'),
    )
    network.tell('LISTENER', 'fz6wq:2', { endTime: T + 5 })
    expect(text()).toContain('skupper_site_listeners_total{site_id="west-1"} 0\n')
  })

  it('counts how often links went down, from what was first seen on (vector 50)', () => {
    const errors = new LinkErrors(network.view)
    network.view.subscribe(change => errors.onChange(change))
    network.tell('ROUTER', 'fz6wq:0', { startTime: T, parent: 's01' })
    const value = () => Number(errors.lines().split(' ').at(-1))
    const link = { parent: 'fz6wq:0', startTime: T, role: 'inter-router' }
    network.tell('LINK', 'fz6wq:1', { ...link, downCount: 12 })
    expect(value()).toBe(0)
    network.tell('LINK', 'fz6wq:1', { downCount: 15 })
    expect(value()).toBe(3)
    let removals = 0
    for (const [downCount, expected] of [
      [17, 5],
      [0, 5],
    ] as const) {
      removals += 1
      network.tell('LINK', 'fz6wq:1', { endTime: T + removals * 10 })
      network.graph.expire(T + removals * 3600e6)
      expect(network.view.get('fz6wq:1')).toBeUndefined()
      network.tell('LINK', 'fz6wq:1', { ...link, startTime: T + removals * 10 + 5, downCount })
      expect(value()).toBe(expected)
    }
    network.tell('LINK', 'fz6wq:1', { downCount: 1 })
    expect(value()).toBe(6)
  })
})

describe('labels that routers make up', () => {
  it('are bounded: links with ever new roles are counted under "other"', () => {
    const errors = new LinkErrors(network.view)
    network.view.subscribe(change => errors.onChange(change))
    network.tell('ROUTER', 'fz6wq:0', { startTime: T, parent: 's01' })
    for (let number = 1; number <= 3000; number += 1) {
      const link = { parent: 'fz6wq:0', startTime: T, role: `role-${number}` }
      network.tell('LINK', `fz6wq:${number}`, { ...link, downCount: 0 })
      network.tell('LINK', `fz6wq:${number}`, { downCount: 1 })
    }
    const lines = errors.lines().trimEnd().split('\n')
    expect(lines.length).toBeLessThanOrEqual(1001)
    expect(lines.at(-1)).toBe('skupper_site_link_errors_total{site_id="other",role="other"} 2000')
  })
})

describe('component ids', () => {
  it("are those of Skupper's network-observer (vector 41)", () => {
    expect(componentId('servers')).toBe('pg-a5d97e42d5983d3a')
    expect(componentId('clients')).toBe('pg-36e3a9c371bac33e')
  })
})

describe('/metrics', () => {
  it('is valid text with all families, each once, in blocks', async () => {
    network.tellSites()
    network.tellProcesses()
    const metrics = new CollectorMetrics({
      view: network.view,
      hub: new WatchHub(network.api),
      metrics: new Metrics({ prefix: 'tidemark_collector' }),
    })
    await metrics.start()
    network.tell('SITE', 'odd', { startTime: T, name: 'a"b\\c\nd', 32: '1' })
    network.tellConnection('fz6wq:3', { octets: 5, latency: 3, processLatency: 2, endTime: T + 1 })
    network.tell('BIFLOW_APP', 'fz6wq:4', { parent: 'fz6wq:3', startTime: T, method: 'GET', endTime: T + 1 })
    const blocks: string[] = []
    for await (const block of metrics.blocks()) blocks.push(block)
    await metrics.stop()
    const lines = blocks.join('').trimEnd().split('\n')
    const families = lines.filter(line => line.startsWith('# TYPE ')).map(line => line.split(' ')[2])
    expect(new Set(families).size).toBe(families.length)
    expect(families).toEqual(expect.arrayContaining(['skupper_sent_bytes_total', 'skupper_requests_total']))
    const label = '[a-z_]+="(?:[^"\\\\]|\\\\["\\\\n])*"'
    const sample = new RegExp(`^[a-z_]+(?:\\{${label}(?:,${label})*\\})? (?:[0-9.e+-]+|NaN|[+]Inf)$`)
    const wrong = lines.filter(line => line !== '' && !line.startsWith('# ') && !sample.test(line))
    expect(wrong).toEqual([])
    expect(lines).toContain('skupper_site_info{site_id="odd",name="a\\"b\\\\c\\nd",version="1"} 1')
    expect(lines).toContain('tidemark_collector_watchers 0')
    expect(lines.find(line => line.startsWith('skupper_internal_latency_seconds_count'))).toMatch(/ 1$/)
  })
})
