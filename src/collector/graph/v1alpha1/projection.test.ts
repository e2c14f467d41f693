import { beforeEach, describe, expect, test } from 'vitest'
import { T, ToldGraph } from '../../../../test/support/told-graph.ts'
import type { ApiObject } from './api-object.ts'

let told: ToldGraph

beforeEach(() => {
  told = new ToldGraph()
})

function identities(objects: Iterable<ApiObject>): unknown[] {
  return [...objects].map(({ identity }) => identity)
}

/** The network of vector 40: a client in the west, a server in the east. */
function tellNetwork(): void {
  told.tell('SITE', 'site-west', { startTime: T, name: 'west' })
  told.tell('SITE', 'site-east', { startTime: T, name: 'east' })
  told.tell('ROUTER', 'west0:0', { parent: 'site-west', startTime: T, name: '0/router-0-west' })
  told.tell('ROUTER', 'east1:0', { parent: 'site-east', startTime: T, name: '0/router-1-east' })
  const client = {
    parent: 'site-west',
    startTime: T,
    sourceHost: '10.111.0.111',
    name: 'client-west-01',
    group: 'clients',
  }
  told.tell('PROCESS', 'client-p01', client)
  const server = { parent: 'site-east', startTime: T, sourceHost: '10.0.0.6', name: 'server-east-06', group: 'servers' }
  told.tell('PROCESS', 'backend-06', server)
  told.tell('LISTENER', 'west0:2', { parent: 'west0:0', startTime: T, vanAddress: 'backend', protocol: 'tcp' })
  const connector = { vanAddress: 'backend', protocol: 'tcp', destHost: '10.0.0.6', destPort: '8080' }
  told.tell('CONNECTOR', 'east1:2', { parent: 'east1:0', startTime: T, ...connector })
}

describe('BIFLOWs as FLOWs', () => {
  beforeEach(tellNetwork)

  test('V40: a request before its connection, a connection before its connector', () => {
    const request = { parent: 'west0:5', startTime: T + 20, protocol: 'HTTP/1.1', method: 'GET', result: '200' }
    told.tell('BIFLOW_APP', 'west0:6', { ...request, octets: 9, octetsReverse: 39 })
    expect(told.address('backend')).toMatchObject({ totalFlows: 0 })
    told.tell('BIFLOW_TPORT', 'west0:5', { parent: 'west0:2', startTime: T + 10, sourceHost: '10.111.0.111' })
    expect(identities(told.flows('backend'))).toEqual(['col:0', 'west0:2', 'west0:5', 'west0:6', 'east1:2'])
    expect(told.address('backend')).toMatchObject({ totalFlows: 2, currentFlows: 2 })
    told.tell('BIFLOW_TPORT', 'west0:5', { connector: 'east1:2', proxyHost: '10.0.0.2', proxyPort: '51000' })
    expect(told.address('backend')).toMatchObject({ totalFlows: 4, currentFlows: 4 })
    expect(told.flows('backend')).toMatchObject([
      { recordType: 'VAN_ADDRESS', name: 'backend' },
      { recordType: 'LISTENER', identity: 'west0:2' },
      { identity: 'west0:5', parent: 'west0:2', counterflow: 'west0:5~c', process: 'client-p01' },
      { identity: 'west0:6', parent: 'west0:5', counterflow: 'west0:6~c', method: 'GET', octets: 9 },
      { recordType: 'CONNECTOR', identity: 'east1:2', process: 'backend-06' },
      { identity: 'west0:5~c', parent: 'east1:2', counterflow: 'west0:5', process: 'backend-06', sourcePort: '51000' },
      { identity: 'west0:6~c', parent: 'west0:5~c', counterflow: 'west0:6', result: '200', octets: 39 },
    ])
    for (const id of ['west0:5', 'west0:5~c', 'west0:6', 'west0:6~c']) {
      expect(told.api.get(id)).toMatchObject({ recordType: 'FLOW', rtype: 'FLOW', identity: id, id })
    }
    expect(identities(told.api.list('FLOW'))).toEqual(['west0:5', 'west0:5~c', 'west0:6', 'west0:6~c'])
  })

  test('what has ended is left out with what hangs on it, unless it is asked for', () => {
    told.tell('BIFLOW_TPORT', 'west0:5', { parent: 'west0:2', startTime: T, connector: 'east1:2' })
    told.tell('BIFLOW_TPORT', 'west0:7', { parent: 'west0:2', startTime: T, connector: 'east1:2', endTime: T + 5 })
    const shown = ['col:0', 'west0:2', 'west0:5', 'east1:2', 'west0:5~c']
    expect(identities(told.flows('backend'))).toEqual(shown)
    expect(identities(told.flows('backend', true))).toEqual([
      ...shown.slice(0, 3),
      'west0:7',
      'east1:2',
      'west0:5~c',
      'west0:7~c',
    ])
    expect(told.api.get('west0:7')).toMatchObject({ endTime: T + 5, duration: 5 })
    told.tell('LISTENER', 'west0:2', { endTime: T + 9 })
    expect(identities(told.flows('backend'))).toEqual(['col:0', 'east1:2', 'west0:5~c'])
  })

  test('an address that nobody knows has no flows', () => {
    expect(told.flows('nothing')).toEqual([])
    expect(told.api.get('west0:99')).toBeUndefined()
    expect(told.api.get('west0:99~c')).toBeUndefined()
    expect(told.api.get('~c')).toBeUndefined()
  })

  test('a FLOW of an older router stays as it is, with its children', () => {
    told.tell('FLOW', 'west0:8', { parent: 'west0:2', startTime: T, octets: 1 })
    told.tell('FLOW', 'west0:9', { parent: 'west0:8', startTime: T, method: 'GET' })
    expect(identities(told.flows('backend'))).toEqual(['col:0', 'west0:2', 'west0:8', 'west0:9', 'east1:2'])
    expect(told.address('backend')).toMatchObject({ totalFlows: 2 })
  })

  test('defect 11: reading leaves the record as it is, and the keys in the same order', () => {
    told.source('west0:0').clockOffsetUs = 0
    told.nowUs = T + 100
    const first = Object.keys(told.api.get('west0:2') ?? {})
    expect(first.slice(-4)).toEqual(['recordType', 'identity', 'rtype', 'id'])
    expect(told.api.get('west0:2')).toMatchObject({ duration: 100 })
    expect(Object.keys(told.api.get('west0:2') ?? {})).toEqual(first)
    expect(told.attributes('west0:2')).not.toHaveProperty('duration')
    told.tell('LISTENER', 'west0:2', { endTime: T + 70 })
    expect(told.api.get('west0:2')).toMatchObject({ duration: 70 })
  })
})

describe('links of 3.x routers', () => {
  const link = { parent: 'west0:0', startTime: T, name: 'link-to-east', role: 'inter-router', linkCost: 1, octets: 7 }

  beforeEach(tellNetwork)

  test('defect 22: one link is shown from both of its ends, whichever record comes first', () => {
    told.tell('LINK', 'west0:1', { ...link, octetsReverse: 9, operStatus: 'up', peer: 'east1:1' })
    expect([...told.api.list('LINK')]).toMatchObject([
      { identity: 'west0:1', direction: 'outgoing', name: 'link-to-east' },
    ])
    told.tell('ROUTER_ACCESS', 'east1:1', { parent: 'east1:0', startTime: T, role: 'inter-router' })
    expect([...told.api.list('LINK')]).toMatchObject([
      {
        identity: 'west0:1',
        parent: 'west0:0',
        direction: 'outgoing',
        mode: 'interior',
        name: '0/router-1-east',
        linkCost: 1,
        octets: 7,
        octetsReverse: 9,
      },
      {
        identity: 'west0:1~p',
        id: 'west0:1~p',
        parent: 'east1:0',
        direction: 'incoming',
        mode: 'interior',
        name: '0/router-0-west',
        linkCost: 1,
        octets: 9,
        octetsReverse: 7,
      },
    ])
    expect(told.api.get('west0:1~p')).toMatchObject({ parent: 'east1:0' })
  })

  test('a link that never came up is shown from its own end', () => {
    told.tell('LINK', 'west0:1', { ...link, operStatus: 'down', role: 'edge' })
    expect([...told.api.list('LINK')]).toMatchObject([{ direction: 'outgoing', mode: 'edge', name: 'link-to-east' }])
  })

  test('both ends end together', () => {
    told.tell('ROUTER_ACCESS', 'east1:1', { parent: 'east1:0', startTime: T })
    told.tell('LINK', 'west0:1', { ...link, operStatus: 'up', peer: 'east1:1' })
    told.tell('LINK', 'west0:1', { endTime: T + 8 })
    expect([...told.api.list('LINK')].map(({ endTime }) => endTime)).toEqual([T + 8, T + 8])
  })
})

describe('what a change is shown as', () => {
  beforeEach(tellNetwork)

  test('the objects of the record that changed, and of those that look different through it', () => {
    const seen: unknown[] = []
    told.api.subscribe(({ record }) => seen.push(...identities(told.api.objectsOf(record))))
    const seenOf = (act: () => void): unknown[] => {
      seen.length = 0
      act()
      return [...new Set(seen)]
    }
    const connection = { parent: 'west0:2', startTime: T }
    expect(seenOf(() => told.tell('BIFLOW_TPORT', 'west0:5', connection))).toEqual(['col:0', 'west0:5'])
    expect(seenOf(() => told.tell('BIFLOW_TPORT', 'west0:5', { connector: 'east1:2' }))).toEqual([
      'col:0',
      'west0:5',
      'west0:5~c',
    ])
    expect(seenOf(() => told.tell('BIFLOW_TPORT', 'west0:5'))).toEqual([])
    told.tell('LINK', 'west0:1', { parent: 'west0:0', startTime: T, operStatus: 'up', peer: 'east1:1' })
    const access = { parent: 'east1:0', startTime: T }
    expect(seenOf(() => told.tell('ROUTER_ACCESS', 'east1:1', access))).toEqual(['west0:1', 'west0:1~p', 'east1:1'])
    expect(seenOf(() => told.tell('ROUTER', 'east1:0', { name: '0/new' }))).toEqual(['west0:1', 'west0:1~p', 'east1:0'])
    expect(seenOf(() => told.tell('FLOW', 'west0:8', { ...connection, octets: 0 }))).toEqual(['col:0', 'west0:8'])
    const server = { parent: 'east1:2', startTime: T, counterflow: 'west0:8' }
    expect(seenOf(() => told.tell('FLOW', 'east1:8', server))).toEqual(['col:0', 'west0:8', 'east1:8'])
  })

  test('the flows and connectors of a process that comes late', () => {
    told.tell('BIFLOW_TPORT', 'west0:5', { parent: 'west0:2', startTime: T, sourceHost: '10.1.0.9' })
    told.tell('BIFLOW_TPORT', 'west0:6', { parent: 'west0:2', startTime: T, sourceHost: '10.1.0.8' })
    told.tell('CONNECTOR', 'west0:7', { parent: 'west0:0', startTime: T, destHost: '10.1.0.9' })
    told.tell('CONNECTOR', 'east1:7', { parent: 'east1:0', startTime: T, destHost: '10.1.0.9' })
    const seen: [string, unknown][] = []
    told.view.subscribe(({ record }) => seen.push([record.identity, record.get('process')]))
    told.tell('PROCESS', 'late', { parent: 'site-west', startTime: T, sourceHost: '10.1.0.9' })
    expect(seen).toEqual([
      ['west0:7', 'late'],
      ['west0:5', 'late'],
      ['late', undefined],
    ])
  })

  test('an evicted record is told of while it can still be read, and is nothing afterwards', () => {
    told = new ToldGraph({ endedMaxCount: 0 })
    told.tell('LISTENER', 'west0:2', { parent: 'west0:0', startTime: T })
    const record = told.view.get('west0:2')!
    const kinds: string[] = []
    told.view.subscribe(({ kind, record: changed }) => kinds.push(`${kind} ${String(changed.get('parent'))}`))
    told.tell('LISTENER', 'west0:2', { endTime: T + 1 })
    expect(kinds).toEqual(['ended west0:0', 'evicted west0:0'])
    expect(told.api.objectsOf(record)).toEqual([])
    expect(record).toMatchObject({ isRetained: false, attributes: {}, endTimeUs: undefined, durationUs: undefined })
  })

  test('a subscription ends', () => {
    let count = 0
    const unsubscribe = told.api.subscribe(() => {
      count += 1
    })
    told.tell('ROUTER', 'west0:0', { hostname: 'a' })
    unsubscribe()
    told.tell('ROUTER', 'west0:0', { hostname: 'b' })
    expect(count).toBe(1)
  })
})
