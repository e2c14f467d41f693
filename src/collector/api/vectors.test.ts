import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { RunningApi } from '../../../test/support/running-api.ts'
import { T, ToldGraph } from '../../../test/support/told-graph.ts'
import { WatchHub } from './watch/hub.ts'

/** The vectors 55 to 61 of the VAN-Flow reference, section 8, over HTTP: what clients of the prototype see of them. */

let told: ToldGraph
let api: RunningApi

beforeEach(async () => {
  told = new ToldGraph()
  api = await RunningApi.start({ projection: told.api, hub: new WatchHub(told.api) })
  told.tell('ROUTER', 'fz6wq:0', { startTime: T, name: '0/INTA', mode: 'interior' })
  told.tell('ROUTER', 'hk2pv:0', { startTime: T, name: '0/INTB', mode: 'interior' })
  told.tell('LISTENER', 'fz6wq:2', { parent: 'fz6wq:0', startTime: T, vanAddress: 'echo', protocol: 'tcp' })
  told.tell('CONNECTOR', 'hk2pv:2', { parent: 'hk2pv:0', startTime: T, vanAddress: 'echo', destHost: '10.0.0.6' })
})
afterEach(() => api[Symbol.asyncDispose]())

type Shown = Record<string, unknown>

async function get(path: string): Promise<Shown[]> {
  return (await (await fetch(`${api.url}/${path}`)).json()) as Shown[]
}

async function flows(query = ''): Promise<Shown[]> {
  return (await get(`flows?vanaddr=echo${query}`)).filter(({ recordType }) => recordType === 'FLOW')
}

const connection = {
  parent: 'fz6wq:2',
  startTime: T,
  connector: 'hk2pv:2',
  sourceHost: '127.0.0.1',
  sourcePort: '40000',
}

describe('v1alpha1 shows', () => {
  it('echoes of 500, 600 and 700 bytes as FLOWs of both sides (vector 55)', async () => {
    for (const octets of [500, 600, 700]) {
      const proxy = { proxyHost: '127.0.0.2', proxyPort: '50000', processLatency: 9 }
      told.tell('BIFLOW_TPORT', `fz6wq:${octets}`, { ...connection, ...proxy, octets, octetsReverse: octets })
    }
    const shown = await flows()
    for (const octets of [500, 600, 700]) {
      expect(shown).toContainEqual(
        expect.objectContaining({
          id: `fz6wq:${octets}`,
          parent: 'fz6wq:2',
          counterflow: `fz6wq:${octets}~c`,
          sourceHost: '127.0.0.1',
          sourcePort: '40000',
          octets,
        }),
      )
      expect(shown).toContainEqual(
        expect.objectContaining({
          id: `fz6wq:${octets}~c`,
          parent: 'hk2pv:2',
          counterflow: `fz6wq:${octets}`,
          sourceHost: '127.0.0.2',
          sourcePort: '50000',
          octets,
          latency: 9,
        }),
      )
    }
    expect(await get('vanaddrs')).toMatchObject([{ name: 'echo', totalFlows: 6, currentFlows: 6 }])
  })

  it('25 short connections to a refused target, ended, with the reason (vector 56)', async () => {
    const errorConnectorSide = 'proton:io (Connection refused)'
    for (let index = 0; index < 25; index += 1) {
      told.tell('BIFLOW_TPORT', `fz6wq:1${index}`, { ...connection, endTime: T + 5, errorConnectorSide })
    }
    expect(await flows()).toEqual([])
    const ended = await flows('&includeDeleted=1')
    expect(ended).toHaveLength(50)
    expect(ended.filter(({ id }) => String(id).endsWith('~c'))).toEqual(
      Array.from(
        { length: 25 },
        () => expect.objectContaining({ endTime: T + 5, reason: errorConnectorSide }) as Shown,
      ),
    )
    expect(await get('vanaddrs')).toMatchObject([{ totalFlows: 50, currentFlows: 0 }])
  })

  it('requests as FLOWs below the FLOWs of their connection (vector 57)', async () => {
    told.tell('BIFLOW_TPORT', 'fz6wq:3', connection)
    const request = {
      parent: 'fz6wq:3',
      startTime: T,
      protocol: 'HTTP/1.1',
      method: 'GET',
      result: '200',
      reason: 'OK',
    }
    for (const [index, octetsReverse] of [45, 108_803, 10_972, 1188].entries()) {
      const sourceHost = '192.168.0.1'
      told.tell('BIFLOW_APP', `fz6wq:1${index}`, { ...request, octets: 0, octetsReverse, sourceHost, endTime: T + 9 })
    }
    const shown = await flows('&includeDeleted=1')
    const requests = shown.filter(({ method }) => method === 'GET')
    expect(requests.map(({ parent, octets }) => [parent, octets])).toEqual([
      ...[0, 0, 0, 0].map(octets => ['fz6wq:3', octets]),
      ...[45, 108_803, 10_972, 1188].map(octets => ['fz6wq:3~c', octets]),
    ])
    expect(requests[0]).toMatchObject({ result: '200', reason: 'OK', sourceHost: '192.168.0.1', endTime: T + 9 })
  })

  it('log events by their id, which begin and end at once (vector 58)', async () => {
    const log = { parent: 'fz6wq:0', startTime: T, endTime: T, logSeverity: 2, logText: 'LOG_SERVER: x' }
    told.tell('LOG', 'fz6wq:9', log)
    expect(await get('record?id=fz6wq:9')).toEqual([])
    expect(await get('record?id=fz6wq:9&includeDeleted=1')).toMatchObject([{ ...log, rtype: 'LOG', duration: 0 }])
  })

  it('links of 3.x routers from both ends, and in topology once (vector 59, defect 22)', async () => {
    told.tell('ROUTER_ACCESS', 'hk2pv:1', { parent: 'hk2pv:0', startTime: T, role: 'inter-router', linkCount: 1 })
    const link = { parent: 'fz6wq:0', startTime: T, role: 'inter-router', linkCost: 23 }
    told.tell('LINK', 'fz6wq:1', { ...link, name: 'connectorToB', operStatus: 'up', peer: 'hk2pv:1', octets: 5 })
    told.tell('LINK', 'fz6wq:4', { ...link, name: 'IAmDown', operStatus: 'down', reason: 'refused' })
    const outgoing = { id: 'fz6wq:1', parent: 'fz6wq:0', name: '0/INTB', direction: 'outgoing', mode: 'interior' }
    const incoming = { id: 'fz6wq:1~p', parent: 'hk2pv:0', name: '0/INTA', direction: 'incoming', mode: 'interior' }
    const down = { id: 'fz6wq:4', name: 'IAmDown', direction: 'outgoing', operStatus: 'down', reason: 'refused' }
    const links = await get('links')
    expect(links).toMatchObject([{ ...outgoing, linkCost: 23, octets: 5 }, { ...incoming, octetsReverse: 5 }, down])
    expect((await get('topology')).slice(2)).toMatchObject([incoming])
    expect(await get('record?id=fz6wq:1~p')).toMatchObject([incoming])
  })

  it("the router's own counts of connections as it tells them (vector 60)", async () => {
    for (const flowCountL4 of [0, 2, 3]) {
      told.tell('CONNECTOR', 'hk2pv:2', { flowCountL4 })
      expect(await get('connectors')).toMatchObject([{ flowCountL4 }])
    }
  })
})

describe('what a silent router leaves behind', () => {
  it('shows when it was last heard, and why it ended', async () => {
    told.tell('BIFLOW_TPORT', 'fz6wq:3', connection)
    told.graph.closeSource(told.source('fz6wq:0'), 'silent', T + 5_000_000, T + 35_000_000)
    const router = (await get('routers')).find(({ id }) => id === 'fz6wq:0')
    expect(router).toMatchObject({ endTime: T + 5_000_000, endReason: 'silent', duration: 5_000_000 })
    expect(await flows('&includeDeleted=1')).toMatchObject([{ endReason: 'silent' }, { endReason: 'silent' }])
    expect(await get('topology')).toMatchObject([{ id: 'hk2pv:0' }])
  })
})

describe('a watch of v1alpha1', () => {
  it('shows both FLOWs of a connection, its requests and its end', async () => {
    const stream = api.watch('/flows?vanaddr=echo&watch=1')
    await expect.poll(() => stream.values).toHaveLength(1)
    told.tell('BIFLOW_TPORT', 'fz6wq:3', connection)
    await expect
      .poll(() => stream.values.slice(1).map(value => (value as Shown)['id']))
      .toEqual(expect.arrayContaining(['fz6wq:3', 'fz6wq:3~c', 'col:0']))
    told.tell('BIFLOW_APP', 'fz6wq:4', { parent: 'fz6wq:3', startTime: T, method: 'GET' })
    await expect.poll(() => stream.values).toContainEqual(expect.objectContaining({ id: 'fz6wq:4~c', method: 'GET' }))
    told.tell('BIFLOW_TPORT', 'fz6wq:3', { endTime: T + 9 })
    await expect
      .poll(() => stream.values)
      .toEqual(
        expect.arrayContaining([
          expect.objectContaining({ id: 'fz6wq:3', endTime: T + 9 }),
          expect.objectContaining({ id: 'fz6wq:3~c', endTime: T + 9 }),
          expect.objectContaining({ id: 'col:0', currentFlows: 2, totalFlows: 4 }),
        ]),
      )
  })

  it('shows the peer of a link once it is known', async () => {
    const stream = api.watch('/topology?watch=1')
    await expect.poll(() => stream.values).toHaveLength(1)
    told.tell('LINK', 'fz6wq:1', { parent: 'fz6wq:0', startTime: T, role: 'edge', operStatus: 'up', peer: 'hk2pv:1' })
    told.tell('ROUTER_ACCESS', 'hk2pv:1', { parent: 'hk2pv:0', startTime: T, role: 'edge' })
    const incoming = { id: 'fz6wq:1~p', parent: 'hk2pv:0', name: '0/INTA', direction: 'incoming' }
    await expect.poll(() => stream.values).toContainEqual(expect.objectContaining(incoming))
  })
})
