import { beforeEach, describe, expect, it } from 'vitest'
import { T, type Told } from '../../../test/support/told-graph.ts'
import { ToldNetwork } from '../../../test/support/told-network.ts'
import { readRequest } from './request-series.ts'

let network: ToldNetwork
beforeEach(() => {
  network = new ToldNetwork()
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
