import { spawnSync } from 'node:child_process'
import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { hostname } from 'node:os'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { fireflyText as text } from '../../../../test/support/firefly-text.ts'
import { fireflyOptions } from '../../../../test/support/flowd/firefly-options.ts'
import { flowOf, startEvent, tuple } from '../../../../test/support/flowd/flows.ts'
import { describePlugin } from '../../../../test/support/flowd/plugin-conformance.ts'
import { unitContext } from '../../../../test/support/flowd/unit-context.ts'
import { datagramsSurvive } from '../../../../test/support/properties/firefly-receiver.ts'
import { createFireflyHeader, formatFirefly } from '../../../scitags/index.ts'
import { firefly as fireflyBackend } from '../../backends/firefly/index.ts'
import type { FlowEvent } from '../../event.ts'
import { eventOf } from './event.ts'
import { FireflyReceiver } from './firefly-receiver.ts'
import { firefly } from './index.ts'
import type { FireflyReceiverOptions } from './options.ts'
import { Relay } from './relay.ts'

const defaults: FireflyReceiverOptions = {
  bindAddress: '127.0.0.1',
  bindPort: 0,
  bufferSize: 4096,
  receiveBuffer: 65_536,
  fireflyReceivers: [],
}

let client: Socket
beforeAll(() => {
  client = createSocket('udp6')
})
afterAll(() => client.close())

async function send(port: number, content: string | Uint8Array): Promise<void> {
  await new Promise(resolve => client.send(content, port, '::ffff:127.0.0.1', resolve))
}

async function listener(port = 0): Promise<Socket> {
  const socket = createSocket('udp4').bind(port, '127.0.0.1')
  await once(socket, 'listening')
  return socket
}

async function freePort(): Promise<number> {
  const socket = await listener()
  const { port } = socket.address()
  socket.close()
  await once(socket, 'close')
  return port
}

let shared = 0
beforeAll(async () => {
  shared = await freePort()
})

const textOf = ({ state, flow, experiment, activity }: FlowEvent) =>
  formatFirefly({ state, flow, experiment, activity })

describePlugin('firefly', {
  create: context => firefly.create({ ...defaults, bindPort: shared }, context),
  tell: async (_plugin, events) => {
    for (const event of events) await send(shared, textOf(event))
  },
  tellNonsense: () => send(shared, 'no firefly'),
  refusalCause: 'syntax',
  reach: async () => {
    const taken = await listener(shared).catch(() => undefined)
    if (taken === undefined) return
    taken.close()
    await once(taken, 'close')
    throw new Error('nobody holds the port')
  },
})

const stops: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop()
})

/** Addresses of documentation; loopback is this host's as well. */
const HERE = ['127.0.0.1', '::1', '2001:db8::1', '192.0.2.1', 'fe80::1']

async function running(change: Partial<FireflyReceiverOptions> = {}) {
  const context = unitContext()
  const plugin = new FireflyReceiver({ ...defaults, ...change }, context, () => HERE)
  const events: FlowEvent[] = []
  await plugin.start(event => events.push(event))
  stops.push(() => plugin.stop())
  const port = Number(context.lines.find(({ fields }) => 'port' in fields)?.fields['port'])
  const account = context.metrics.stage('plugin firefly')
  const tell = async (text: string | Uint8Array, to = port) => {
    const seen = account.received
    await send(to, text)
    await expect.poll(() => account.received).toBe(seen + 1)
    return events.at(-1)
  }
  return { context, plugin, events, port, account, tell }
}

const START_US = Date.UTC(2021, 8, 7, 22, 22, 21) * 1000

const ends = (source: string, sourcePort: number, destination: string, destinationPort: number) => ({
  source: { address: source, port: sourcePort },
  destination: { address: destination, port: destinationPort },
})

describe('the firefly receiver', () => {
  it('takes the reference’s sample (V58)', async () => {
    const { tell } = await running()
    const sample =
      '<134>1 2024-03-28T08:58:48.899646+00:00 etf-cs9.cern.ch flowd - firefly-json - {"version": 1, ' +
      '"flow-lifecycle": {"state": "start", "current-time": "2024-03-28T08:58:48.899087+00:00", ' +
      '"start-time": "2024-03-28T08:58:44.899660+00:00", "end-time": "2024-01-31T08:58:48.899087+00:00"}, ' +
      '"flow-id": {"afi": "ipv6", "src-ip": "2600:900:6:1101:a288:c2ff:fed2:34de", ' +
      '"dst-ip": "2620:6a:0:8421:f0:0:189:154", "protocol": "tcp", "src-port": 1234, "dst-port": 5678}, ' +
      '"context": {"experiment-id": 1, "activity-id": 1, "application": "flowd v1.0.2"}}'
    expect(await tell(sample)).toEqual({
      state: 'start',
      flow: {
        protocol: 'tcp',
        family: 'ipv6',
        ...ends('2600:900:6:1101:a288:c2ff:fed2:34de', 1234, '2620:6a:0:8421:f0:0:189:154', 5678),
      },
      experiment: 1,
      activity: 1,
      application: 'flowd v1.0.2',
      startTimeUs: Date.UTC(2024, 2, 28, 8, 58, 44) * 1000 + 899_660,
      endTimeUs: Date.UTC(2024, 0, 31, 8, 58, 48) * 1000 + 899_087,
      origin: 'firefly',
    })
  })

  const grid = {
    id: {
      afi: 'ipv6',
      'src-ip': 'fe80::1',
      'dst-ip': 'fe80::2',
      protocol: 'udp',
      'src-port': 1234,
      'dst-port': 56_789,
    },
    lifecycle: { state: 'end', 'end-time': '2021-09-07T22:23:21.5+00:00' },
  }

  it.each<[string, string, object]>([
    [
      'an end by UDP (V59)',
      text({ ...grid, context: { 'experiment-id': 333, application: 'grid-ftp v99.99' } }),
      {
        state: 'end',
        flow: { protocol: 'udp', family: 'ipv6', ...ends('fe80::1', 1234, 'fe80::2', 56_789) },
        experiment: 333,
        application: 'grid-ftp v99.99',
        endTimeUs: START_US + 60_500_000,
      },
    ],
    ['port 0 (V60)', text(), { flow: ends('10.99.0.1', 4321, '127.0.0.1', 0), startTimeUs: START_US + 500_000 }],
    ['Z (V61)', text({ lifecycle: { 'start-time': '2021-09-07T22:22:21Z' } }), { startTimeUs: START_US }],
    [
      'an offset without fraction (V62)',
      text({ lifecycle: { 'start-time': '2021-09-07T22:22:21+02:00' } }),
      { startTimeUs: START_US - 7200e6 },
    ],
    [
      'capitals (V64)',
      text({ lifecycle: { state: 'START' }, id: { protocol: 'TCP' } }),
      { state: 'start', flow: { protocol: 'tcp' } },
    ],
    [
      'XRootD’s netlink and usage (V67)',
      text({ more: { netlink: { rtt: 0.316 }, usage: { received: 1, sent: 2 } } }),
      { blocks: { netlink: { rtt: 0.316 } }, usage: { receivedBytes: 1, sentBytes: 2 } },
    ],
    [
      'flowd’s cached netlink (V68), and dCache’s statistics beside it',
      text({ more: { netlink: ['established', {}], 'storage-stats': { 'read-bw': 1 }, usage: {} } }),
      { blocks: { 'storage-stats': { 'read-bw': 1 } } },
    ],
    ['a header of nil values (V69)', `<134>1 - host xrootd - firefly-json - ${text()}`, { state: 'start' }],
    ['flowd-go’s header without a time', `<134>1  host flowd-go-v2.4.2 - firefly-json - ${text()}`, { state: 'start' }],
    ['an ongoing flow (V72)', text({ lifecycle: { state: 'ongoing' } }), { state: 'ongoing' }],
  ])('takes %s', async (_what, datagram, event) => {
    const { tell, account } = await running()
    expect(await tell(datagram)).toMatchObject(event)
    expect(account.passed).toBe(1)
  })

  it.each([
    ['addresses of the other family (V63)', text({ id: { afi: 'ipv6' } }), 'field'],
    ['state paused (V65)', text({ lifecycle: { state: 'paused' } }), 'field'],
    ['no state (V65)', text({ lifecycle: { state: undefined } }), 'field'],
    ['port 70000 (V66)', text({ id: { 'src-port': 70_000 } }), 'field'],
    ['port -1 (V66)', text({ id: { 'src-port': -1 } }), 'field'],
    ['port "22" (V66)', text({ id: { 'src-port': '22' } }), 'field'],
    ['port 22.0 (V66)', text().replace('4321', '22.0'), 'field'],
    ['a text (V70)', 'text', 'syntax'],
    ['nothing', '', 'syntax'],
    ['two objects (V71)', text() + text(), 'syntax'],
    ['an experiment beyond 1023', text({ context: { 'experiment-id': 3333 } }), 'ids'],
    ['an activity beyond 63', text({ context: { 'activity-id': 64 } }), 'ids'],
    ['what is longer than bufferSize', text({ more: { netlink: { pad: 'x'.repeat(4096) } } }), 'too-long'],
  ])('refuses %s', async (_what, datagram, cause) => {
    const { tell, events, account, context } = await running()
    await tell(datagram)
    expect(events).toEqual([])
    expect(Object.fromEntries(account.droppedByCause)).toEqual({ [cause]: 1 })
    const warning = context.lines.find(({ level }) => level === 'warn')
    expect(warning).toMatchObject({ message: 'a firefly was refused', fields: { sender: '127.0.0.1' } })
  })

  it('warns of ids that are only announced', async () => {
    const { tell, context } = await running()
    expect(await tell(text({ context: { 'experiment-id': 1023 } }))).toMatchObject({ experiment: 1023 })
    expect(context.lines.at(-1)?.message).toContain('not marked')
  })

  it.each([
    ['10.0.0.9', '192.0.2.1', ends('192.0.2.1', 2, '10.0.0.9', 1)],
    ['::ffff:10.0.0.9', '::ffff:192.0.2.1', ends('::ffff:192.0.2.1', 2, '::ffff:10.0.0.9', 1)],
    ['192.0.2.1', '10.0.0.9', ends('192.0.2.1', 1, '10.0.0.9', 2)],
    ['2001:db8::1', '192.0.2.1', undefined],
    ['2001:db8::9', '2001:db8:0::1', ends('2001:db8::1', 2, '2001:db8::9', 1)],
    ['fe80::9%eth0', 'fe80::1%eth0', ends('fe80::1%eth0', 2, 'fe80::9%eth0', 1)],
    ['2001:db8::8', '2001:db8::9', ends('2001:db8::8', 1, '2001:db8::9', 2)],
  ])('a flow from %s to %s begins at this host', async (source, destination, flow) => {
    const { tell } = await running()
    const afi = source.includes(':') ? 'ipv6' : 'ipv4'
    const id = { afi, 'src-ip': source, 'dst-ip': destination, 'src-port': 1, 'dst-port': 2 }
    const event = await tell(text({ id, more: { usage: { received: 5, sent: 7 } } }))
    if (flow === undefined) expect(event).toBeUndefined()
    // A program of this host told, so the bytes are as this host sees them.
    else expect(event).toMatchObject({ flow, usage: { receivedBytes: 5, sentBytes: 7 } })
  })

  it('hears both families at ::, and reads what waits when it stops', async () => {
    const { plugin, events, port } = await running({ bindAddress: '::' })
    for (let index = 0; index < 20; index += 1) await send(port, text())
    await new Promise(resolve => client.send(text(), port, '::1', resolve))
    await plugin.stop()
    expect(events).toHaveLength(21)
  })

  it('does not start on a port that is taken, or at an address of others', async () => {
    const { port } = await running()
    await expect(running({ bindPort: port })).rejects.toMatchObject({ code: 'ADDRESS_IN_USE' })
    await expect(running({ bindAddress: '192.0.2.1' })).rejects.toMatchObject({ code: 'LISTEN_FAILED' })
  })

  it('says when the kernel grants less than asked for', async () => {
    const { context } = await running({ receiveBuffer: 1_073_741_823 })
    expect(context.lines[0]).toMatchObject({
      level: 'warn',
      fields: { wanted: 1_073_741_823, remedy: expect.stringContaining('net.core.rmem_max') as string },
    })
  })

  it('counts what the kernel drops while flowd is busy, and says so', async () => {
    const { plugin, port, account, context } = await running({ receiveBuffer: 8192 })
    // Nothing is received while this waits.
    spawnSync('python3', ['-c', FLOOD, String(port)])
    await expect.poll(() => account.passed).toBeGreaterThan(0)
    await plugin.stop()
    expect(account.dropped('kernel')).toBeGreaterThan(0)
    expect(account.received).toBe(2000)
    expect(context.lines.at(-1)?.message).toContain('the kernel dropped fireflies')
  })

  it('survives any datagram', () => datagramsSurvive(20_000), 60_000)
})

const FLOOD = `
import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.connect(('127.0.0.1', int(sys.argv[1])))
for _ in range(2000): s.send(b'''${text()}''')
`

describe('eventOf', () => {
  const surroundings = {
    registry: unitContext().registry.current,
    origin: 'firefly',
    isLocal: (address: string) => address === '2001:db8::1',
    teller: '2001:db8:1::1',
  }
  const usage = { receivedBytes: 5, sentBytes: 7 }
  const told = { state: 'end', experiment: 1, activity: 1, usage } as const

  it('turns the usage that the other host tells, as it turns the flow', () => {
    const flow = tuple(7, '2001:db8::9', '2001:db8::1')
    expect(eventOf({ ...told, flow }, surroundings)).toMatchObject({
      value: { event: { usage: { receivedBytes: 7, sentBytes: 5 }, flow: { destination: { port: 7 } } } },
    })
    expect(eventOf({ ...told, flow: tuple(7) }, surroundings)).toMatchObject({ value: { event: { usage } } })
  })

  it('leaves out a usage of which one half is unknown', () => {
    const read = eventOf({ ...told, usage: { sentBytes: 1 }, flow: tuple(7) }, surroundings)
    expect(read.ok && read.value.event.usage).toBeUndefined()
  })
})

describe('who told of a flow', () => {
  const surroundings = { registry: unitContext().registry.current, origin: 'firefly' }
  const isLocal = (address: string) => address === '2001:db8::1'
  const toldBy = (source: string, destination: string, teller?: string) => {
    const firefly = { state: 'start', experiment: 1, activity: 1, flow: tuple(7, source, destination) } as const
    const read = eventOf(firefly, { ...surroundings, isLocal, teller })
    return read.ok && read.value.event.toldBy
  }

  it('is another host, which may stand for the other end of the flow, or nobody that is to be remembered', () => {
    const [here, there, third] = ['2001:db8::1', '2001:db8::2', '2001:db8::3']
    expect(toldBy(here, there)).toBeUndefined()
    expect(toldBy(there, here, third)).toEqual({ address: third, atEnd: true })
    expect(toldBy(here, there, there)).toEqual({ address: there, atEnd: true })
    expect(toldBy(there, third, there)).toEqual({ address: there, atEnd: false })
  })
})

describe('own fireflies', () => {
  const flow = tuple(7, '127.0.0.1', '127.0.0.1')
  const ours = (appName: string) => createFireflyHeader({ hostname: hostname(), appName })(START_US)

  it.each([true, false])('of the backend are no events (header: %s)', async prependSyslog => {
    const { port, account, events } = await running()
    const context = unitContext()
    const backend = fireflyBackend.create(fireflyOptions({ destinationPort: port, prependSyslog }), context)
    await backend.start()
    stops.push(() => backend.stop())
    await backend.handle({ kind: 'start', flow: flowOf(startEvent(7, { flow })) })
    await expect.poll(() => account.dropped('own')).toBe(1)
    expect(events).toEqual([])
  })

  it('that a relay sends back are recognised by header and flow, those of a host of the same name are not', async () => {
    const { tell, account, events } = await running()
    const message = (address: string) =>
      formatFirefly({ state: 'start', flow: tuple(7, address), experiment: 1, activity: 1 })
    await tell(ours('tidemark-1.2.3') + message('2001:db8::1'))
    expect(account.dropped('own')).toBe(1)
    await tell(ours('tidemark-1.2.3') + message('2001:db8::7'))
    await tell(ours('xrootd') + message('2001:db8::1'))
    expect(events).toHaveLength(2)
  })
})

describe('fireflyReceivers', () => {
  async function upstream() {
    const socket = await listener()
    stops.push(() => new Promise<void>(resolve => socket.close(resolve)))
    const datagrams: Buffer[] = []
    socket.on('message', bytes => datagrams.push(bytes))
    return { port: socket.address().port, datagrams }
  }

  it('get every byte unchanged, each of them, whatever becomes of it here', async () => {
    const [one, two] = [await upstream(), await upstream()]
    const { tell, context } = await running({
      fireflyReceivers: [
        { address: '127.0.0.1', port: one.port },
        { address: '127.0.0.1', port: two.port },
        { address: 'upstream.invalid', port: 9 },
      ],
    })
    const sent = [`junk ${text()} \n`, text({ context: { 'experiment-id': 3333 } }), '\u00ff no firefly'].map(content =>
      Buffer.from(content, 'latin1'),
    )
    for (const bytes of sent) await tell(bytes)
    await expect.poll(() => one.datagrams).toEqual(sent)
    await expect.poll(() => two.datagrams).toEqual(sent)
    const account = context.metrics.stage('firefly relay')
    await expect.poll(() => account.passed + account.dropped()).toBe(9)
    expect(account.dropped('unresolved')).toBe(3)
  })

  it('get none of our own, so a relay that names itself makes no loop', async () => {
    const port = await freePort()
    const { tell, account, events } = await running({
      bindPort: port,
      fireflyReceivers: [{ address: '127.0.0.1', port }],
    })
    await send(port, text())
    await expect.poll(() => account.received).toBe(2)
    await tell(ours())
    expect(account.dropped('own')).toBe(2)
    expect(events).toHaveLength(1)
  })

  it('get nothing back that came from them', async () => {
    const { port } = await upstream()
    const { metrics, log } = unitContext()
    const account = metrics.stage('firefly relay')
    const relay = new Relay([{ address: '127.0.0.1', port }], account, log, () => false)
    await relay.start()
    relay.send(Buffer.from('x'), '127.0.0.1')
    relay.send(Buffer.from('x'), '192.0.2.9')
    await relay.stop()
    expect(account).toMatchObject({ received: 2, passed: 1 })
    expect(account.dropped('came-from-there')).toBe(1)
  })

  const ours = () =>
    createFireflyHeader({ hostname: hostname(), appName: 'tidemark-1.2.3' })(START_US) +
    formatFirefly({ state: 'start', flow: tuple(7), experiment: 1, activity: 1 })
})
