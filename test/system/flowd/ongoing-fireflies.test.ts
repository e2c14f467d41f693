import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ENRICHERS } from '../../../src/flowd/enrichers/index.ts'
import { conformsToFireflySchema } from '../../support/firefly-schema.ts'
import { FireflyReceiver, type SeenFirefly } from '../../support/flowd/firefly-receiver.ts'
import { FlowdProcess } from '../../support/flowd/flowd-process.ts'
import { pairIsUp } from '../../support/marker-in-namespace.ts'
import { Laboratory, type TestNamespace } from '../../support/namespace.ts'
import { Connections } from '../../support/sock-ops/connections.ts'

const [LEFT, RIGHT] = ['2001:db8:1::1', '2001:db8:1::2']
const PORT = 5777
const IPERF3_PORT = 5201
const IPERF3_SOURCE_PORTS = { netlink: 41_001, skops: 41_002 } as const
/** With these a connection of iperf3 names its test. */
const COOKIE_BYTES = 37
const BLOCKS = { netlink: 'netlink', skops: 'skOps' } as const

const laboratory = new Laboratory()
let left: TestNamespace
let right: TestNamespace
let receiver: FireflyReceiver
let clients: Connections

beforeAll(async () => {
  const pair = laboratory.pair()
  left = pair.left
  right = pair.right
  await pairIsUp(left, right)
  receiver = await new FireflyReceiver(right).ready()
  await new Connections(right).tell('listen', '::', PORT)
  clients = new Connections(left)
})
afterAll(() => laboratory.close())

/** flowd on the left, which sees the cgroups of the host. */
async function flowdWith(enrichers: object, backend: object = {}): Promise<FlowdProcess> {
  const flowd = new FlowdProcess({
    configuration: { backends: { firefly: { enrich: true, ...backend } }, enrichers: { period: 100, ...enrichers } },
    spawn: left.enter,
  })
  return await flowd.ready()
}

const announce = (flowd: FlowdProcess, sourcePort: number, port: number) =>
  flowd.control.send([`start tcp ${LEFT} ${sourcePort} ${RIGHT} ${port} 2 16`])

const told = (sourcePort: number): SeenFirefly[] =>
  receiver.fireflies.filter(firefly => firefly['flow-id']['src-port'] === sourcePort)

const statesOf = (fireflies: readonly SeenFirefly[]) => fireflies.map(firefly => firefly['flow-lifecycle'].state)

/** Resolves when the kernel has sent so many bytes from a port. */
const sentFrom = (port: number, bytes: number) =>
  expect.poll(() => left.exec('ss', '-Htin', 'sport', '=', `:${port}`)).toMatch(`bytes_acked:${bytes + 1} `)

const isSorted = (counts: readonly number[]) => counts.every((count, index) => count >= (counts[index - 1] ?? 0))

describe('flowd without enrichers', () => {
  it('tells of each flow of one connection what that flow moved, however it ends', async () => {
    await using flowd = await flowdWith({})
    const port = Number(await clients.tell('open', 'kept', LEFT, 0, RIGHT, PORT))
    const tell = (state: string, activity: number) =>
      flowd.control.send([`${state} tcp ${LEFT} ${port} ${RIGHT} ${PORT} 2 ${activity}`])
    const moved = [1_000_000, 300_000, 50_000]
    let total = 0
    for (const [activity, bytes] of moved.entries()) {
      await tell('start', activity)
      await clients.tell('send', 'kept', bytes)
      total += bytes
      await sentFrom(port, total)
      // The second is ended by the start of the third.
      if (activity === 0) await tell('end', activity)
    }
    await clients.tell('end', 'kept')
    const ends = () => told(port).filter(firefly => firefly['flow-lifecycle'].state === 'end')
    await expect.poll(() => ends().length).toBe(3)
    expect(ends().map(({ usage }) => usage)).toEqual(moved.map(sent => ({ sent, received: 0 })))
  }, 60_000)
})

describe.each(Object.keys(ENRICHERS) as (keyof typeof ENRICHERS)[])('flowd with the enricher %s', name => {
  it('tells how much a connection has moved while it lives, and exactly when it ends', async () => {
    await using flowd = await flowdWith({ [name]: {} }, { enrichmentMode: 'full' })
    const sourcePort = Number(await clients.tell('open', name, LEFT, 0, RIGHT, PORT))
    await announce(flowd, sourcePort, PORT)
    await receiver.one('start', sourcePort)
    const [rounds, bytes] = [20, 123_457]
    for (let round = 0; round < rounds; round += 1) {
      await clients.tell('send', name, bytes)
      await delay(150)
    }
    await clients.tell('end', name)
    const end = await receiver.one('end', sourcePort)
    const all = told(sourcePort)
    for (const firefly of all) expect(conformsToFireflySchema(firefly), JSON.stringify(firefly)).toBe(true)
    const ongoing = all.slice(1, -1)
    expect(statesOf(all)).toEqual(['start', ...ongoing.map(() => 'ongoing'), 'end'])
    expect(all[0]).not.toHaveProperty('usage')
    const sent = ongoing.map(({ usage }) => usage?.sent ?? -1)
    expect(isSorted(sent), sent.join(' ')).toBe(true)
    expect(new Set(sent).size, sent.join(' ')).toBeGreaterThan(3)
    expect(ongoing.at(-1)?.[BLOCKS[name]]).toMatchObject({ tcpInfo: { pMtu: 1500 } })
    expect(end.usage).toEqual({ sent: rounds * bytes, received: 0 })
  }, 60_000)

  it('agrees with iperf3', async () => {
    await using flowd = await flowdWith({ [name]: {} }, { ongoingPeriod: 1 })
    const sourcePort = IPERF3_SOURCE_PORTS[name]
    await announce(flowd, sourcePort, IPERF3_PORT)
    const server = right.spawn('iperf3', ['-s', '-1', '-p', String(IPERF3_PORT), '--forceflush'])
    await once(server.stdout!, 'data')
    const words = ['-6', '-J', '-c', RIGHT, '-p', String(IPERF3_PORT), '--cport', String(sourcePort), '-t', '4']
    const client = left.spawn('iperf3', words)
    let output = ''
    client.stdout?.on('data', text => (output += String(text)))
    await once(client, 'close')
    const { end } = JSON.parse(output) as Record<'end', Record<'sum_sent' | 'sum_received', { bytes: number }>>
    const { usage } = await receiver.one('end', sourcePort)
    // What was written last may have stayed in the buffer of a socket that was closed.
    expect(usage?.sent).toBeGreaterThanOrEqual(end.sum_received.bytes)
    expect(usage?.sent).toBeLessThanOrEqual(end.sum_sent.bytes + COOKIE_BYTES)
    const ongoing = told(sourcePort).filter(firefly => firefly['flow-lifecycle'].state === 'ongoing')
    expect(ongoing.length).toBeGreaterThanOrEqual(2)
  }, 60_000)
})
