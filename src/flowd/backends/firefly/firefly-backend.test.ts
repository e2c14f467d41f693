import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { hostname } from 'node:os'
import { setTimeout as delay } from 'node:timers/promises'
import { Ajv2020 } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { describeBackend } from '../../../../test/support/flowd/backend-conformance.ts'
import { endEvent, flowOf, startEvent, tuple } from '../../../../test/support/flowd/flows.ts'
import { unitContext } from '../../../../test/support/flowd/unit-context.ts'
import { FIREFLY_SCHEMA, parseFireflyDatagram, type ReceivedFirefly } from '../../../scitags/index.ts'
import { CollectorAddress } from '../../datagrams/index.ts'
import type { FlowChange } from '../../flow.ts'
import { firefly } from './index.ts'
import type { FireflyOptions } from './options.ts'

const ajv = new Ajv2020({ strict: false })
addFormats.default(ajv)
const conforms = ajv.compile(FIREFLY_SCHEMA)

/** What came to a port of this host since it was last asked. */
class Listener {
  readonly datagrams: string[] = []
  readonly #socket: Socket

  constructor(socket: Socket) {
    this.#socket = socket
    socket.on('message', bytes => this.datagrams.push(bytes.toString()))
  }

  static async open(type: 'udp4' | 'udp6', port = 0): Promise<Listener> {
    const socket = createSocket({ type, ipv6Only: type === 'udp6' })
    socket.bind(port, type === 'udp4' ? '127.0.0.1' : '::1')
    await once(socket, 'listening')
    return new Listener(socket)
  }

  get port(): number {
    return this.#socket.address().port
  }

  async close(): Promise<void> {
    this.#socket.close()
    await once(this.#socket, 'close')
  }

  /** Waits for so many datagrams and takes them. */
  async take(count: number): Promise<string[]> {
    await expect.poll(() => this.datagrams.length).toBeGreaterThanOrEqual(count)
    return this.datagrams.splice(0)
  }
}

let listener: Listener
beforeAll(async () => {
  listener = await Listener.open('udp4')
})
afterAll(() => listener.close())

const defaults: FireflyOptions = {
  destinationPort: 9,
  prependSyslog: true,
  sendToCollector: false,
  collectorAddress: '127.0.0.1',
  collectorPort: 9,
}

const toListener = (change: Partial<FireflyOptions> = {}): FireflyOptions => ({
  ...defaults,
  sendToCollector: true,
  collectorPort: listener.port,
  ...change,
})

function read(datagram: string): ReceivedFirefly {
  const firefly = parseFireflyDatagram(datagram)
  if (!firefly.ok) throw new Error(`${firefly.field}: ${firefly.problem}: ${datagram}`)
  return firefly.value
}

describeBackend('firefly', {
  create: context => firefly.create(toListener(), context),
  check: async handled => {
    const announced = handled.filter(change => change.kind !== 'resume' && change.kind !== 'sample')
    const heard = (await listener.take(announced.length)).map(datagram => read(datagram).firefly)
    expect(heard).toHaveLength(announced.length)
    for (const [index, { kind, flow }] of announced.entries()) {
      const { experiment, activity, startTimeUs } = flow
      expect(heard[index]).toMatchObject({ state: kind, flow: flow.tuple, experiment, activity, startTimeUs })
    }
  },
  checkGone: async () => {
    await delay(20)
    expect(listener.datagrams).toEqual([])
  },
})

/** What a backend with these options sends to the listener for these changes. */
async function sent(options: FireflyOptions, changes: readonly FlowChange[], count: number): Promise<string[]> {
  const backend = firefly.create(options, unitContext())
  await backend.start()
  for (const change of changes) await backend.handle(change)
  const datagrams = await listener.take(count)
  await backend.stop()
  return datagrams
}

describe('the firefly backend', () => {
  const flow = flowOf(startEvent(1))

  it('writes a header that collectors read, and JSON that conforms to the schema', async () => {
    const usage = { receivedBytes: 1, sentBytes: 2 }
    const ended = flowOf(endEvent(1, { startTimeUs: 1e15, endTimeUs: 1e15 + 5, usage }))
    const changes: FlowChange[] = [
      { kind: 'start', flow },
      { kind: 'end', flow: ended, reason: 'event' },
    ]
    const datagrams = await sent(toListener(), changes, 2)
    for (const datagram of datagrams) {
      expect(datagram).toMatch(/^<134>1 \d{4}-\d\d-\d\dT[\d:.]+\+00:00 \S+ tidemark-1\.2\.3 - firefly-json - \{/)
      expect(conforms(JSON.parse(datagram.slice(datagram.indexOf('{'))))).toBe(true)
      const { header, firefly: message } = read(datagram)
      expect(header).toMatchObject({ hostname: hostname().slice(0, 255), timestampUs: message.currentTimeUs })
    }
    expect(read(datagrams[0] ?? '').firefly.endTimeUs).toBeUndefined()
    expect(read(datagrams[1] ?? '').firefly).toMatchObject({ startTimeUs: 1e15, endTimeUs: 1e15 + 5, usage })
  })

  it('passes the blocks on that a firefly brought', async () => {
    const blocks = { 'storage-stats': { 'read-bw': 1 } }
    const changes: FlowChange[] = [
      { kind: 'start', flow, blocks },
      { kind: 'ongoing', flow, event: startEvent(1, { state: 'ongoing', blocks }) },
      { kind: 'end', flow, reason: 'event', blocks },
    ]
    for (const datagram of await sent(toListener(), changes, 3))
      expect(read(datagram).firefly).toMatchObject({ blocks })
  })

  it('sends bare JSON when asked to', async () => {
    const [datagram] = await sent(toListener({ prependSyslog: false }), [{ kind: 'start', flow }], 1)
    expect(datagram).toMatch(/^\{"version":1,/)
  })

  it('writes the public address of this host for a private one, and leaves the destination', async () => {
    const stun = {
      manualMapping: { 'fd00::1': '2001:db8::77' },
      stunServers: [],
      httpServices: [],
      refreshSeconds: 600,
    }
    const hidden = flowOf(startEvent(1, { flow: tuple(1, 'fd00::1', 'fd00::1') }))
    const [datagram = ''] = await sent(toListener({ stun }), [{ kind: 'start', flow: hidden }], 1)
    expect(read(datagram).firefly.flow).toMatchObject({
      source: { address: '2001:db8::77', port: 1 },
      destination: { address: 'fd00::1' },
    })
  })

  it.each([
    ['127.0.0.1', 'udp4'],
    ['::1', 'udp6'],
  ] as const)('sends to the destination %s', async (address, type) => {
    const destination = await Listener.open(type)
    const context = unitContext()
    const backend = firefly.create({ ...defaults, destinationPort: destination.port }, context)
    await backend.start()
    await backend.handle({ kind: 'start', flow: flowOf(startEvent(1, { flow: tuple(1, address, address) })) })
    const [datagram = ''] = await destination.take(1)
    expect(read(datagram).firefly.flow.destination.address).toBe(address)
    await backend.stop()
    await destination.close()
    expect(context.metrics.stage('fireflies')).toMatchObject({ received: 1, passed: 1 })
  })

  it.each(['127.0.0.1', '::1', 'localhost'])('sends to the collector %s', async collectorAddress => {
    const listeners = [await Listener.open('udp4'), await Listener.open('udp6')] as const
    for (const { port } of listeners) {
      const context = unitContext()
      const backend = firefly.create(
        { ...defaults, sendToCollector: true, collectorAddress, collectorPort: port },
        context,
      )
      await backend.start()
      await backend.handle({ kind: 'start', flow })
      await expect.poll(() => context.metrics.stage('fireflies').passed).toBe(2)
      await backend.stop()
    }
    await expect.poll(() => listeners.flatMap(({ datagrams }) => datagrams).length).toBe(1)
    for (const collector of listeners) await collector.close()
  })

  it('accounts for every datagram, whatever becomes of it', async () => {
    const context = unitContext()
    const options = { ...defaults, sendToCollector: true, collectorAddress: 'collector.invalid' }
    const backend = firefly.create(options, context)
    await backend.start()
    // The kernel refuses to send to a broadcast address unless told otherwise.
    const nowhere = flowOf(startEvent(1, { flow: tuple(1, '127.0.0.1', '255.255.255.255') }))
    await backend.handle({ kind: 'start', flow: nowhere })
    const account = context.metrics.stage('fireflies')
    await expect.poll(() => account.received === account.passed + account.dropped()).toBe(true)
    expect(account.received).toBe(2)
    expect(account.dropped('EACCES')).toBe(1)
    expect(account.dropped('unresolved')).toBe(1)
    expect(context.lines.map(({ message }) => message)).toEqual([
      expect.stringContaining('cannot be resolved'),
      'a firefly could not be sent',
    ])
    await backend.stop()
  })

  it('keeps in step with the kernel over many thousand flows', async () => {
    const context = unitContext()
    const backend = firefly.create(toListener(), context)
    await backend.start()
    for (let round = 0; round < 5000; round += 1) await backend.handle({ kind: 'start', flow })
    const account = context.metrics.stage('fireflies')
    await expect.poll(() => account.passed).toBe(10_000)
    await backend.stop()
    listener.datagrams.splice(0)
  })
})

describe('CollectorAddress', () => {
  it('follows a collector that moves, and keeps its address while the resolver fails', async () => {
    vi.useFakeTimers()
    try {
      const { log, lines } = unitContext()
      const answers = [() => '192.0.2.1', fail, () => '192.0.2.1', () => '2001:db8::1']
      function fail(): string {
        throw new Error('no answer')
      }
      const address = new CollectorAddress('collector.example', log, async () => (answers.shift() ?? fail)())
      expect(address.current).toBeUndefined()
      await address.start()
      expect(address.current).toBe('192.0.2.1')
      await vi.advanceTimersByTimeAsync(60_000)
      expect(address.current).toBe('192.0.2.1')
      await vi.advanceTimersByTimeAsync(5000)
      await vi.advanceTimersByTimeAsync(60_000)
      expect(address.current).toBe('2001:db8::1')
      address.stop()
      await vi.advanceTimersByTimeAsync(600_000)
      expect(lines.map(({ level }) => level)).toEqual(['info', 'warn', 'info'])
    } finally {
      vi.useRealTimers()
    }
  })

  it('does not wait long for a resolver that says nothing', async () => {
    const address = new CollectorAddress('collector.example', unitContext().log, () => new Promise(() => undefined))
    await address.start()
    expect(address.current).toBeUndefined()
    address.stop()
  })
})
