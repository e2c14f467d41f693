import { beforeEach, describe, expect, test } from 'vitest'
import { T, ToldGraph } from '../../../test/support/told-graph.ts'
import { clientSide, readConnection } from './connection.ts'

let told: ToldGraph

beforeEach(() => {
  told = new ToldGraph()
  told.tell('LISTENER', 'fz6wq:2', { parent: 'fz6wq:0', startTime: T, vanAddress: 'svc' })
  told.tell('CONNECTOR', 'hk2pv:2', { parent: 'hk2pv:0', startTime: T, vanAddress: 'svc' })
})

/** The connection that a flow is a side of, with the identities of its records. */
function connection(identity: string): object | undefined {
  const client = clientSide(told.view, told.view.get(identity)!)
  if (client === undefined) return undefined
  const { listener, connector, ...rest } = readConnection(told.view, client)
  return { ...rest, client: client.identity, listener: listener?.identity, connector: connector?.identity }
}

/** The same connection, as routers of 3.x and of 2.x tell it. */
const DIALECTS: Record<string, (end: { endTime?: number }) => void> = {
  'one BIFLOW': end => {
    const client = { parent: 'fz6wq:2', startTime: T, octets: 500, latency: 26_244, ...end }
    told.tell('BIFLOW_TPORT', 'fz6wq:3', { ...client, octetsReverse: 700, processLatency: 3431, connector: 'hk2pv:2' })
  },
  'two FLOWs': end => {
    const server = { parent: 'hk2pv:2', startTime: T, octets: 700, latency: 3431, counterflow: 'fz6wq:3' }
    told.tell('FLOW', 'hk2pv:3', { ...server, ...end })
    told.tell('FLOW', 'fz6wq:3', { parent: 'fz6wq:2', startTime: T, octets: 500, latency: 26_244, ...end })
  },
}

describe.each(Object.entries(DIALECTS))('a connection told as %s', (_, tell) => {
  test('says where it goes, what it moved and how long the network took (V39)', () => {
    tell({})
    expect(connection('fz6wq:3')).toEqual({
      client: 'fz6wq:3',
      listener: 'fz6wq:2',
      connector: 'hk2pv:2',
      sentBytes: 500,
      receivedBytes: 700,
      networkLatencyUs: 22_813,
      hasEnded: false,
    })
  })

  test('ends', () => {
    tell({ endTime: T + 5 })
    expect(connection('fz6wq:3')).toMatchObject({ hasEnded: true })
  })
})

describe('a connection', () => {
  test('of two FLOWs is one, from whichever side it is looked at, and ends with the later', () => {
    DIALECTS['two FLOWs']!({})
    expect(connection('hk2pv:3')).toEqual(connection('fz6wq:3'))
    told.tell('FLOW', 'fz6wq:3', { endTime: T + 5 })
    expect(connection('hk2pv:3')).toMatchObject({ hasEnded: false })
  })

  test('V53: a server slower than its answer took leaves the network nothing', () => {
    const client = { parent: 'fz6wq:2', startTime: T, latency: 1000, processLatency: 3000 }
    told.tell('BIFLOW_TPORT', 'fz6wq:3', client)
    expect(connection('fz6wq:3')).toMatchObject({ networkLatencyUs: 0, connector: undefined })
  })

  test('is not what a request is, nor half a pair', () => {
    DIALECTS['one BIFLOW']!({})
    told.tell('BIFLOW_APP', 'fz6wq:4', { parent: 'fz6wq:3', startTime: T })
    expect(connection('fz6wq:4')).toBeUndefined()
    told.tell('FLOW', 'hk2pv:9', { parent: 'hk2pv:2', startTime: T, counterflow: 'fz6wq:99' })
    expect(connection('hk2pv:9')).toBeUndefined()
  })
})
