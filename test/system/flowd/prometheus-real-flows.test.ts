import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { FlowdProcess } from '../../support/flowd/flowd-process.ts'
import { freePort } from '../../support/free-port.ts'
import { ask } from '../../support/http-access.ts'
import { PrometheusProcess, promtoolComplaints } from '../../support/prometheus.ts'

const PATIENCE = { timeout: 60_000, interval: 200 }
const BYTES = 1_000_000

/** Where the flows of these tests go: loopback, so that everything but the network is real. */
const sink = createServer(socket => socket.resume())
let sinkPort = 0
beforeAll(async () => {
  sink.listen(0, '::1')
  await once(sink, 'listening')
  sinkPort = (sink.address() as AddressInfo).port
})
afterAll(() => sink.close())

/** A connection that flowd knows of. */
async function declared(flowd: FlowdProcess): Promise<Socket> {
  const socket = connect(sinkPort, '::1')
  await once(socket, 'connect')
  const line = `start tcp ::1 ${socket.localPort} ::1 ${sinkPort} cms 14`
  expect(await flowd.control.send([line])).toMatchObject({ accepted: 1 })
  return socket
}

const send = (socket: Socket, bytes: number) =>
  new Promise<void>(resolve => socket.write(Buffer.alloc(bytes), () => resolve()))

const enrichers = { period: 100, netlink: {}, skops: {} }

describe('flowd, its enrichers and a real Prometheus', () => {
  it('agree on what real connections move, to the byte, also when they are gone', async () => {
    const port = await freePort()
    await using flowd = await new FlowdProcess({
      configuration: { backends: { prometheus: { port } }, enrichers },
    }).ready()
    await using server = await PrometheusProcess.start({ flowd: `127.0.0.1:${port}` })
    const value = async (expression: string) => (await server.query(expression)).map(series => series.value)
    const labels = 'experiment="cms", activity="Analysis Input", interface="lo"'
    const sent = `tidemark_activity_bytes_total{${labels}, direction="sent"}`

    const [one, other] = [await declared(flowd), await declared(flowd)]
    await send(one, BYTES)
    await send(other, 2 * BYTES)
    await expect.poll(() => value(sent), PATIENCE).toEqual([3 * BYTES])
    const bytesOf = (socket: Socket) =>
      value(`tidemark_flow_bytes_total{source_port="${socket.localPort}", direction="sent"}`)
    expect(await bytesOf(one)).toEqual([BYTES])
    expect(await bytesOf(other)).toEqual([2 * BYTES])
    expect(await value(`tidemark_activity_flows{${labels}}`)).toEqual([2])
    expect(await value(`tidemark_activity_rtt_seconds_count{${labels}} > 0`)).toHaveLength(1)
    expect(promtoolComplaints((await ask(`http://127.0.0.1:${port}/metrics`)).text)).toEqual([])

    await send(one, 7)
    one.end()
    await expect.poll(() => value(`tidemark_activity_flows{${labels}}`), PATIENCE).toEqual([1])
    expect(await value(sent)).toEqual([3 * BYTES + 7])
    expect(await bytesOf(one)).toEqual([])
    other.destroy()
  })

  it('show the same under the names of flowd-go, each enricher on its port', async () => {
    const [netlinkPort, skopsPort] = [await freePort(), await freePort()]
    const prometheus = { legacyNames: true, netlinkPort, skopsPort }
    await using flowd = await new FlowdProcess({ configuration: { backends: { prometheus }, enrichers } }).ready()
    const socket = await declared(flowd)
    await send(socket, BYTES)
    const flow = `flow="<${socket.localPort}:${sinkPort}>"`
    const bytesSent = async (port: number, flavour: string) => {
      const { text } = await ask(`http://127.0.0.1:${port}/metrics`)
      const lines = text
        .split('\n')
        .filter(line => line.startsWith('flow_tcp_bytes_sent_total{') && line.includes(flow))
      expect(lines.every(line => line.includes(`flavour="${flavour}"`))).toBe(true)
      return lines.map(line => Number(line.split(' ').at(-1)))
    }
    const firstOf = async (port: number, flavour: string) => (await bytesSent(port, flavour))[0] ?? 0
    await expect.poll(() => firstOf(netlinkPort, 'Netlink'), PATIENCE).toBeGreaterThanOrEqual(BYTES)
    // An idle socket tells this one nothing.
    const afterMore = async () => {
      await send(socket, 100)
      return await firstOf(skopsPort, 'Ebpf')
    }
    await expect.poll(afterMore, PATIENCE).toBeGreaterThan(BYTES)
    socket.destroy()
    await expect.poll(() => bytesSent(netlinkPort, 'Netlink'), PATIENCE).toEqual([])
  })
})
