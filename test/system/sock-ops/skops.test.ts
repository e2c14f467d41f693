import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { SkopsOptions } from '../../../src/flowd/enrichers/skops/options.ts'
import { Skops } from '../../../src/flowd/enrichers/skops/skops.ts'
import { Iperf3 } from '../../../src/flowd/plugins/iperf3/iperf3.ts'
import type { SampleReport } from '../../../src/flowd/sample.ts'
import { inNetworkNamespace, SocketTable, TCP_INFO_FIELDS, type TcpInfo } from '../../../src/linux/index.ts'
import { type FiveTuple, flowKey } from '../../../src/scitags/index.ts'
import { describeEnricher } from '../../support/flowd/enricher-conformance.ts'
import { flowOf, startEvent } from '../../support/flowd/flows.ts'
import { expectAgreement, measureTransfer } from '../../support/flowd/measured-transfer.ts'
import { unitContext } from '../../support/flowd/unit-context.ts'
import { Laboratory, type TestNamespace } from '../../support/namespace.ts'
import { TestCgroup } from '../../support/sock-ops/cgroup.ts'
import { Connections } from '../../support/sock-ops/connections.ts'

const PORT = 5777
const ENDS = {
  ipv6: ['2001:db8:1::1', '2001:db8:1::2'],
  ipv4: ['192.0.2.1', '192.0.2.2'],
} as const

const laboratory = new Laboratory()
let left: TestNamespace
let cgroup: TestCgroup
let clients: Connections
let opened = 0

beforeAll(async () => {
  const pair = laboratory.pair()
  left = pair.left
  cgroup = new TestCgroup()
  clients = new Connections(left, cgroup)
  await new Connections(pair.right).tell('listen', '::', PORT)
})
afterAll(async () => {
  await laboratory.close()
  cgroup.remove()
})

function options(change: Partial<SkopsOptions> = {}, periodMs = 50) {
  const defaults: SkopsOptions = {
    strategy: 'poll',
    maxFlows: 100,
    cgroupPath: cgroup.path,
    programPath: '',
    debugMode: false,
  }
  return { ...defaults, periodMs, ...change }
}

/** Opens a connection from the watched cgroup to the other side of the wire. */
async function connect(family: keyof typeof ENDS) {
  opened += 1
  const name = `connection-${opened}`
  const [source, destination] = ENDS[family]
  const port = Number(await clients.tell('open', name, source, 0, destination, PORT))
  const flow: FiveTuple = {
    protocol: 'tcp',
    family,
    source: { address: source, port },
    destination: { address: destination, port: PORT },
  }
  return {
    flow,
    send: async (bytes: number) => void (await clients.tell('send', name, bytes)),
    close: async () => void (await clients.tell('end', name)),
    reset: async () => void (await clients.tell('reset', name)),
  }
}

const inLeft = <T>(action: () => Promise<T>): Promise<T> => inNetworkNamespace(left.path, action)

describeEnricher('skops', {
  create: (context, periodMs) => new Skops(options({}, periodMs), context),
  connect,
})

it('agrees with iperf3 and with ss over a wire that loses packets', async () => {
  const enricher = new Skops(options({}, 10), unitContext())
  expectAgreement(await measureTransfer({ seconds: 4, enricher, onSender: pid => cgroup.add(pid) }))
})

describe('skops', () => {
  let enricher: Skops
  let reports: SampleReport[]

  async function start(change: Partial<SkopsOptions> = {}, periodMs?: number) {
    const context = unitContext()
    enricher = new Skops(options(change, periodMs), context)
    reports = []
    // It looks for sockets in the namespace that it is started in; all of that is done when this returns.
    await inLeft(() => enricher.start(report => reports.push(report)))
    return context
  }
  afterEach(() => enricher.stop())

  const follow = (flow: FiveTuple) => enricher.handle({ kind: 'start', flow: flowOf(startEvent(1, { flow })) })
  const tcpInfoOf = (flow: FiveTuple) => {
    using table = inNetworkNamespace(left.path, () => SocketTable.open())
    return table.lookup({ ...flow, protocol: 'tcp' }, 0xff)?.tcpInfo
  }
  /** Without what was sent again, as the last segment is where an acknowledgement is late (TLP). */
  const dataSent = (info: TcpInfo | undefined) => (info?.bytesSent ?? 0) - (info?.bytesRetrans ?? 0)
  /** Waits until the other end has acknowledged so many bytes of data; the kernel counts the SYN as well. */
  const acknowledged = (flow: FiveTuple, bytes: number) =>
    expect.poll(() => tcpInfoOf(flow)?.bytesAcked).toBe(bytes + 1)
  const infos = (flow: FiveTuple) =>
    reports.flatMap(({ key, sample }) => (key === flowKey(flow) && sample ? [sample.tcpInfo] : []))

  it('tells what sock_diag tells of the same socket', async () => {
    await start({}, 1)
    const connection = await connect('ipv6')
    follow(connection.flow)
    await connection.send(300_000)
    await acknowledged(connection.flow, 300_000)
    await delay(300)
    await connection.send(1)
    await acknowledged(connection.flow, 300_001)
    await delay(300)
    const told = tcpInfoOf(connection.flow)
    const sampled = infos(connection.flow).at(-1)
    const isTold = (info: TcpInfo | undefined) => TCP_INFO_FIELDS.filter(field => info?.[field] !== undefined)
    expect(isTold(sampled)).toEqual(isTold(told))
    // These go on after the last acknowledgement was measured.
    const moving: (keyof TcpInfo)[] = [
      'lastDataSentMs',
      'lastDataRecvMs',
      'lastAckRecvMs',
      'segsIn',
      'unacked',
      'busyTimeUs',
    ]
    // And these the kernel works out after it has called the program for an acknowledgement.
    const later: (keyof TcpInfo)[] = [
      ...(['sndCwnd', 'rtoUs', 'bytesAcked', 'delivered', 'deliveryRate', 'pacingRate', 'reordering'] as const),
      ...(['deliveryRateAppLimited', 'notsentBytes', 'sndWnd', 'rcvRttUs', 'rcvSpace', 'rcvWnd'] as const),
    ]
    const steady = (info: TcpInfo | undefined) =>
      TCP_INFO_FIELDS.filter(field => ![...moving, ...later].includes(field)).map(field => [field, info?.[field]])
    expect(steady(sampled)).toEqual(steady(told))
    expect(dataSent(sampled)).toBe(300_001)
    await connection.close()
  })

  it('has exact totals at the end, however the connection ends', async () => {
    await start({}, 60_000)
    for (const end of ['close', 'reset'] as const) {
      const connection = await connect('ipv6')
      follow(connection.flow)
      await connection.send(123_456)
      await acknowledged(connection.flow, 123_456)
      await connection[end]()
      await expect.poll(() => reports.filter(({ gone }) => gone).length).toBe(end === 'close' ? 1 : 2)
      const totals = reports.at(-1)?.sample?.tcpInfo
      expect([totals?.state, dataSent(totals)]).toEqual([7, 123_456])
    }
  })

  it('logs every field of what it reads when debugMode is on', async () => {
    const context = await start({ debugMode: true }, 60_000)
    const connection = await connect('ipv6')
    follow(connection.flow)
    await connection.send(1000)
    await connection.close()
    await expect
      .poll(() => context.lines.at(-1))
      .toMatchObject({
        level: 'debug',
        message: 'sampled',
        fields: { flow: flowKey(connection.flow), closed: true, state: 7, bytesSent: 1000 },
      })
  })

  it('keeps to the period', async () => {
    await start({}, 200)
    const connection = await connect('ipv6')
    follow(connection.flow)
    for (let round = 0; round < 100; round += 1) {
      await connection.send(100)
      await delay(10)
    }
    const times = reports.map(({ sample }) => sample?.takenUs ?? 0)
    expect(times.length).toBeGreaterThan(2)
    for (const [index, time] of times.slice(1).entries()) expect(time - (times[index] ?? 0)).toBeGreaterThan(190_000)
    await connection.close()
  })

  it('samples at changes of state alone by the strategy transition', async () => {
    await start({ strategy: 'transition' })
    const connection = await connect('ipv6')
    follow(connection.flow)
    for (let round = 0; round < 10; round += 1) {
      await connection.send(1000)
      await delay(20)
    }
    expect(reports).toEqual([])
    await connection.close()
    // FIN_WAIT1, FIN_WAIT2, and the CLOSE that leaves TIME_WAIT behind.
    await expect.poll(() => infos(connection.flow).map(({ state }) => state)).toEqual([4, 5, 7])
    expect(dataSent(infos(connection.flow).at(-1))).toBe(10_000)
  })

  it('finds the connections that were there before it', async () => {
    const connection = await connect('ipv6')
    const context = await start()
    expect(context.lines.find(({ message }) => message === 'sampling sockets')?.fields['adopted']).toBeGreaterThan(0)
    follow(connection.flow)
    await connection.send(1000)
    await expect.poll(() => infos(connection.flow).length).toBeGreaterThan(0)
    await connection.close()
    await expect.poll(() => reports.at(-1)?.gone).toBe(true)
  })

  it('runs beside the watcher of connections: neither takes the other its calls', async () => {
    await start()
    const watcher = new Iperf3(
      {
        minSourcePort: 0,
        maxSourcePort: 0,
        minDestinationPort: 0,
        maxDestinationPort: 0,
        experimentIDs: [1],
        activityIDs: [1],
        randomIDs: false,
        cgroupPath: cgroup.path,
        programPath: '',
        debugMode: false,
      },
      unitContext(),
    )
    const events: string[] = []
    await watcher.start(({ state }) => events.push(state))
    const connection = await connect('ipv6')
    follow(connection.flow)
    await connection.send(1000)
    await expect.poll(() => infos(connection.flow).length).toBeGreaterThan(0)
    await connection.close()
    await expect.poll(() => events).toEqual(['start', 'end'])
    await watcher.stop()
  })

  it('counts flows that find no room, and follows others when some end', async () => {
    const context = await start({ maxFlows: 2 })
    const three = [await connect('ipv6'), await connect('ipv6'), await connect('ipv6')]
    for (const { flow } of three) follow(flow)
    expect(await context.metrics.text()).toMatch(/^tidemark_flowd_skops_full_total 1$/m)
    expect(await context.metrics.text()).toMatch(/^tidemark_flowd_skops_followed 2$/m)
    for (const { flow } of three) {
      enricher.handle({ kind: 'end', flow: flowOf(startEvent(1, { flow })), reason: 'event' })
    }
    follow(three[2]!.flow)
    await three[2]!.send(1000)
    await expect.poll(() => infos(three[2]!.flow).length).toBeGreaterThan(0)
    for (const connection of three) await connection.close()
  })

  it('gives nothing of a connection to a flow that began after it, with the same ports', async () => {
    const context = await start({}, 60_000)
    const other = new Connections(left, cgroup)
    const port = Number(await other.tell('open', 'a', ENDS.ipv6[0], 0, ENDS.ipv6[1], PORT))
    const flow: FiveTuple = {
      protocol: 'tcp',
      family: 'ipv6',
      source: { address: ENDS.ipv6[0], port },
      destination: { address: ENDS.ipv6[1], port: PORT },
    }
    follow(flow)
    other.child.kill('SIGKILL')
    // Nothing is read meanwhile: the end of the connection waits in the ring.
    const pause = new Int32Array(new SharedArrayBuffer(4))
    do Atomics.wait(pause, 0, 0, 200)
    while (tcpInfoOf(flow)?.state !== undefined)
    enricher.handle({ kind: 'end', flow: flowOf(startEvent(1, { flow })), reason: 'event' })
    follow(flow)
    const records = context.metrics.stage('skops records')
    await expect.poll(() => records.dropped('flow-ended')).toBeGreaterThan(0)
    expect(reports.filter(({ gone }) => gone)).toEqual([])
  })

  it('refuses an object with another layout by its sizes', async () => {
    const programPath = 'test/support/bpf/other-layout.bpf.o'
    const message = 'its keys and values have 8 and 1 bytes, not 36 and 16'
    await expect(start({ programPath })).rejects.toThrow(message)
    await expect(start({ programPath: 'bpf/marker.bpf.o' })).rejects.toMatchObject({ code: 'BPF_OBJECT_INVALID' })
  })
})
