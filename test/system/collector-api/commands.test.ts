import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { Collector } from '../../../src/collector/collector.ts'
import { CollectorConfiguration } from '../../../src/collector/configuration.ts'
import { parseConfiguration, silentLogger } from '../../../src/common/index.ts'
import { SimulatedVan } from '../../../src/simulate/index.ts'
import { ATTRIBUTE, RECORD_TYPE } from '../../../src/vanflow/index.ts'
import { runCommand } from '../../support/run-command.ts'

/** The whole way, over real sockets: simulated routers, the collector, its API, the commands. */
const van = new SimulatedVan({ listen: { port: 0 }, speed: 10, rate: 5, meanDurationMs: 4000 })
let collector: Collector

beforeAll(async () => {
  // What happened before the collector came would be missing from what it counts.
  van.network.trafficRuns = false
  await van.start()
  const { values } = parseConfiguration(CollectorConfiguration, '{"http": {"bindPort": 0}}', 'test', { strict: true })
  const router = { host: '127.0.0.1', port: van.port, sasl: {}, origin: 'the test' }
  collector = new Collector({ configuration: values, router, log: silentLogger })
  await collector.start()
  await vi.waitFor(() => expect(collector.ingest.status.sources.live).toBe(6), { timeout: 30_000 })
  van.network.trafficRuns = true
  await vi.waitFor(() => expect(van.truth().connections.closed).toBeGreaterThan(40), { timeout: 30_000 })
  // No new connections; those that are open come to their end.
  van.options.rate = 0
  await vi.waitFor(() => expect(van.truth().connections.open).toBe(0), { timeout: 30_000 })
})
afterAll(async () => {
  await collector.stop()
  await van.stop()
})

type Row = Record<string, unknown>

async function rowsOf(...words: string[]): Promise<Row[]> {
  const { code, stdout } = await runCommand([...words, '-o', 'json', '--server', collector.address])
  expect(code).toBe(0)
  return JSON.parse(stdout) as Row[]
}

/** Names of the live records of a type, as the simulator knows them. */
function trueNames(type: keyof typeof RECORD_TYPE): unknown[] {
  return [...van.truth().records.values()]
    .filter(record => record.type === RECORD_TYPE[type])
    .map(record => record.attributes.get(ATTRIBUTE.name))
    .sort()
}

/** The sum of all series of a counter. */
function sumOf(metrics: string, name: string): number {
  const values = metrics.split('\n').filter(line => line.startsWith(`${name}{`))
  return values.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0)
}

describe('what the commands show of a simulated network', () => {
  it('is its sites and routers', async () => {
    expect((await rowsOf('sites')).map(({ name }) => name)).toEqual(trueNames('SITE'))
    const routers = await rowsOf('routers')
    expect(routers.map(({ name }) => name)).toEqual(trueNames('ROUTER'))
    expect(routers.every(({ siteName }) => trueNames('SITE').includes(siteName))).toBe(true)
  })

  it('is each link from both ends, and the same in topology', async () => {
    const ends = async (command: string) =>
      (await rowsOf(command)).map(({ router, peer, direction, status }) => ({ router, peer, direction, status }))
    const links = await ends('links')
    expect(links).toHaveLength(2 * trueNames('LINK').length)
    const routers = trueNames('ROUTER')
    for (const { router, peer, direction, status } of links) {
      expect(routers).toContain(router)
      expect(routers).toContain(peer)
      expect(status).toBe('up')
      const back = { router: peer, peer: router, direction: direction === 'incoming' ? 'outgoing' : 'incoming', status }
      expect(links).toContainEqual(back)
    }
    expect(await ends('topology')).toEqual(links)
  })

  it('is every connection and request that was, once, with its bytes', async () => {
    const { opened, requests, sent, received } = van.truth().connections
    const everything = async () => {
      const addresses = await rowsOf('addresses')
      const flows = await rowsOf('flows', '--ended', ...addresses.map(({ name }) => String(name)))
      return { addresses, flows }
    }
    const isConnection = ({ protocol }: Row) => protocol === 'tcp'
    await vi.waitFor(
      async () => {
        const { addresses, flows } = await everything()
        const sum = (name: string) => addresses.reduce((total, address) => total + Number(address[name]), 0)
        expect(flows.filter(isConnection)).toHaveLength(opened)
        expect(flows.filter(flow => !isConnection(flow))).toHaveLength(requests)
        expect(sum('totalFlows')).toBe(2 * (opened + requests))
        expect(sum('currentFlows')).toBe(0)
      },
      { timeout: 60_000, interval: 500 },
    )
    const connections = (await everything()).flows.filter(isConnection) as unknown as {
      client: { octets: number; process: string }
      server: { octets: number; process: string }
    }[]
    expect(connections.reduce((sum, { client }) => sum + client.octets, 0)).toBe(sent)
    expect(connections.reduce((sum, { server }) => sum + server.octets, 0)).toBe(received)
    const processes = trueNames('PROCESS')
    for (const { client, server } of connections) {
      expect(processes).toContain(client.process)
      expect(processes).toContain(server.process)
    }
  })

  it('is what the metrics count, too', async () => {
    const { opened, requests, sent, received } = van.truth().connections
    const metrics = await (await fetch(`${collector.address}/metrics`)).text()
    expect(sumOf(metrics, 'skupper_connections_opened_total')).toBe(opened)
    expect(sumOf(metrics, 'skupper_connections_closed_total')).toBe(opened)
    expect(sumOf(metrics, 'skupper_sent_bytes_total')).toBe(sent)
    expect(sumOf(metrics, 'skupper_received_bytes_total')).toBe(received)
    expect(sumOf(metrics, 'skupper_requests_total')).toBe(requests)
    expect(sumOf(metrics, 'skupper_internal_latency_seconds_count')).toBeGreaterThan(0)
    expect(sumOf(metrics, 'skupper_routers_total')).toBe(3)
  })
})
