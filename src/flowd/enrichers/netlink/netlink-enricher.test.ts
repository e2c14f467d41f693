import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { Connections } from '../../../../test/support/flowd/connections.ts'
import { describeEnricher } from '../../../../test/support/flowd/enricher-conformance.ts'
import { flowOf, startEvent, tuple } from '../../../../test/support/flowd/flows.ts'
import { unitContext } from '../../../../test/support/flowd/unit-context.ts'
import { openKernelSockets } from '../../flow-table/index.ts'
import type { SampleReport } from '../../sample.ts'
import { netlink } from './index.ts'

const DEFAULTS = { protocol: 6, ext: 255, state: 3071 }

let connections: Connections
beforeAll(async () => {
  connections = await Connections.listen()
})
afterAll(() => connections.close())

describeEnricher('netlink', {
  create: (context, periodMs) => netlink.create({ ...DEFAULTS, periodMs }, context),
  connect: async family => {
    const { client, accepted, flow } = await connections.open(family === 'ipv6' ? '::1' : '127.0.0.1')
    return {
      flow: flow.tuple,
      send: bytes => new Promise(resolve => client.write(Buffer.alloc(bytes), () => resolve())),
      close: async () => {
        client.end()
        accepted.end()
        await once(client, 'close')
      },
    }
  },
})

describe('the enricher netlink', () => {
  const sockets = openKernelSockets(error => expect.unreachable(String(error)))
  const stops: (() => Promise<void>)[] = []
  afterEach(async () => {
    for (const stop of stops.splice(0)) await stop()
  })
  afterAll(() => sockets.close())

  async function running(change: Partial<typeof DEFAULTS & { periodMs: number }> = {}) {
    const context = { ...unitContext(), followDeaths: sockets.followDeaths }
    const enricher = netlink.create({ ...DEFAULTS, periodMs: 50, ...change }, context)
    const reports: SampleReport[] = []
    await enricher.start(report => reports.push(report))
    stops.push(() => enricher.stop())
    return { enricher, reports, context }
  }

  it.each(['::1', '127.0.0.1'])('reads every part of a socket over %s', async address => {
    const { enricher, reports } = await running()
    const { client, flow } = await connections.open(address)
    client.write(Buffer.alloc(5000))
    enricher.handle({ kind: 'start', flow })
    await expect.poll(() => reports.at(-1)?.sample?.tcpInfo.bytesSent).toBe(5000)
    expect(reports.at(-1)?.sample?.socket).toMatchObject({
      state: 'ESTABLISHED',
      family: address === '::1' ? 'ipv6' : 'ipv4',
      uid: process.getuid?.(),
      memory: { rmem: 0 },
      socketMemory: { drops: 0 },
      shutdown: 0,
      tos: 0,
    })
    expect(reports.at(-1)?.sample?.socket?.inode).toBeGreaterThan(0)
  })

  it('reads the end of the flow that accepted, on a socket of both families', async () => {
    const { enricher, reports } = await running()
    const { client, flow } = await connections.open('127.0.0.1')
    const { source, destination } = flow.tuple
    const accepted = flowOf(startEvent(1, { flow: { ...flow.tuple, source: destination, destination: source } }))
    client.write(Buffer.alloc(5000))
    enricher.handle({ kind: 'start', flow: accepted })
    await expect.poll(() => reports.at(-1)?.sample?.tcpInfo.bytesReceived).toBe(5000)
    expect(reports.at(-1)?.sample?.socket).toMatchObject({ family: 'ipv4', ipv6Socket: true })
  })

  it('asks for no more than it is told to', async () => {
    const { enricher, reports } = await running({ ext: 8 })
    const { flow } = await connections.open()
    enricher.handle({ kind: 'start', flow })
    await expect.poll(() => reports.length).toBeGreaterThan(0)
    const sample = reports.at(-1)?.sample
    expect(sample?.congestion).toMatch(/^[a-z]+$/)
    expect(sample?.tcpInfo.bytesSent).toBeUndefined()
    expect(sample?.socket?.socketMemory).toBeUndefined()
  })

  it('leaves sockets in other states out', async () => {
    const { enricher, reports } = await running({ state: 1 << 8 })
    const { flow, accepted } = await connections.open()
    enricher.handle({ kind: 'start', flow })
    await new Promise(resolve => setTimeout(resolve, 300))
    expect(reports).toEqual([])
    // CLOSE_WAIT
    accepted.end()
    await expect.poll(() => reports.length).toBeGreaterThan(0)
  })

  it('tells the last totals when a socket dies, long before the next period', async () => {
    const { enricher, reports } = await running({ periodMs: 60_000 })
    const [read, unread] = [await connections.open(), await connections.open()]
    enricher.handle({ kind: 'start', flow: read.flow })
    await expect.poll(() => reports.length).toBe(1)
    enricher.handle({ kind: 'start', flow: unread.flow })
    for (const { client, accepted } of [read, unread]) {
      accepted.end()
      client.end(Buffer.alloc(70_000))
    }
    await expect.poll(() => reports.filter(({ gone }) => gone)).toHaveLength(2)
    for (const { flow } of [read, unread]) {
      const { sample } = reports.find(({ key, gone }) => key === flow.key && gone) ?? {}
      const { bytesSent = 0, bytesRetrans = 0 } = sample?.tcpInfo ?? {}
      expect(bytesSent - bytesRetrans).toBe(70_000)
    }
    const { sample } = reports.find(({ key, gone }) => key === read.flow.key && gone) ?? {}
    expect(sample?.congestion).toMatch(/^[a-z]+$/)
  })

  it('does not take another socket with the same 5-tuple for the flow’s', async () => {
    const { enricher, reports } = await running({ periodMs: 300 })
    const { client, flow } = await connections.open()
    enricher.handle({ kind: 'start', flow })
    await expect.poll(() => reports.length).toBe(1)
    const closed = once(client, 'close')
    // A reset leaves no TIME_WAIT behind.
    client.resetAndDestroy()
    await closed
    const next = await connections.open('::1', flow.tuple.source.port)
    expect(next.flow.key).toBe(flow.key)
    next.client.write(Buffer.alloc(5000))
    await expect.poll(() => reports.length).toBe(2)
    expect(reports[1]).toEqual({ key: flow.key, sample: undefined, gone: true })
  })

  it('looks at UDP flows when it is told to', async () => {
    const { enricher, reports } = await running({ protocol: 17 })
    const [server, client] = [createSocket('udp6'), createSocket('udp6')]
    server.bind(0, '::1')
    await once(server, 'listening')
    client.connect(server.address().port, '::1')
    await once(client, 'connect')
    const { source } = tuple(client.address().port, '::1', '::1')
    const destination = { address: '::1', port: server.address().port }
    const flow = flowOf(startEvent(1, { flow: { protocol: 'udp', family: 'ipv6', source, destination } }))
    enricher.handle({ kind: 'start', flow })
    await expect.poll(() => reports.at(-1)?.sample?.socket?.socketMemory).toMatchObject({ drops: 0 })
    expect(reports.at(-1)?.sample?.tcpInfo.rttUs).toBeUndefined()
    client.close()
    await expect.poll(() => reports.at(-1)?.gone).toBe(true)
    server.close()
  })

  it('says that it looks at nothing when the protocol is another', async () => {
    const { enricher, context, reports } = await running({ protocol: 255 })
    enricher.handle({ kind: 'start', flow: (await connections.open()).flow })
    expect(context.lines).toMatchObject([{ level: 'warn', fields: { protocol: 255 } }])
    await new Promise(resolve => setTimeout(resolve, 200))
    expect(reports).toEqual([])
  })
})
