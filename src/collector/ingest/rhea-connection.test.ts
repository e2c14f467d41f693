import { once } from 'node:events'
import { createRequire } from 'node:module'
import { type AddressInfo, connect as connectTcp, createServer, type Server, type Socket } from 'node:net'
import rhea, { type Connection, type EventContext, type Sender } from 'rhea'
import { afterEach, describe, expect, it, vi } from 'vitest'
import type { TidemarkError } from '../../common/index.ts'
import type { AmqpConnection, AmqpOptions, AmqpPeer } from './amqp.ts'
import { connectAmqp } from './rhea-connection.ts'
import { MAX_UNFINISHED_BYTES } from './unfinished-messages.ts'

const OPTIONS = { credit: 1000, idleTimeoutMs: 4000, openTimeoutMs: 500 }
const toStop: (() => unknown)[] = []
afterEach(async () => {
  for (const stop of toStop.splice(0).reverse()) await stop()
})

/** A container that listens as a router would; its senders by the address that a receiver asked for. */
async function listen(capabilities: string[] = ['ANONYMOUS-RELAY'], senderOptions = {}) {
  const container = rhea.create_container({ id: 'router-a', sender_options: senderOptions })
  const senders = new Map<string, Sender>()
  const received: { to: unknown; target: unknown; body: unknown }[] = []
  const connections: Connection[] = []
  container.on('connection_open', ({ connection }: EventContext) => connections.push(connection))
  container.on('sender_open', ({ sender }: EventContext) => senders.set(sender!.source.address, sender!))
  container.on('message', ({ message, receiver }: EventContext) => {
    received.push({ to: message?.to, target: receiver?.target.address, body: message?.body as unknown })
  })
  for (const event of ['disconnected', 'connection_close', 'error']) container.on(event, () => undefined)
  const server = container.listen({ port: 0, host: '127.0.0.1', offered_capabilities: capabilities })
  await once(server, 'listening')
  toStop.push(() => server.close())
  return { port: portOf(server), senders, received, connections }
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port
}

function connect(port: number, options: Partial<AmqpOptions> = {}) {
  const opened = Promise.withResolvers<AmqpPeer>()
  const closed = Promise.withResolvers<TidemarkError | undefined>()
  const outcomes: string[] = []
  const connection: AmqpConnection = connectAmqp(
    { host: '127.0.0.1', port, sasl: {}, origin: 'the test' },
    { hasCertificate: false },
    { ...OPTIONS, ...options },
    { opened: opened.resolve, closed: closed.resolve, outcome: outcome => outcomes.push(outcome) },
  )
  toStop.push(() => connection.close())
  return { connection, opened: opened.promise, closed: closed.promise, outcomes }
}

interface Part {
  more?: boolean
  aborted?: boolean
  payload?: string
}

/** Writes the transfers of a settled message as they are given, which rhea itself would never send so. */
function writeTransfers(sender: Sender, deliveryId: number, parts: readonly Part[]): void {
  const { transfer } = createRequire(import.meta.url)('rhea/lib/frames.js') as { transfer(fields: object): unknown }
  const { handle } = Reflect.get(sender, 'local') as { handle: number }
  const output = Reflect.get(sender.session, 'output') as (frame: unknown, payload?: Buffer) => void
  for (const { payload, ...fields } of parts) {
    const frame = transfer({ handle, delivery_id: deliveryId, delivery_tag: 'x', settled: true, ...fields })
    output.call(sender.session, frame, payload === undefined ? undefined : Buffer.from(payload))
  }
}

/** Attaches a receiver and waits for it. */
async function subscribe(connection: AmqpConnection, address: string) {
  const payloads: Buffer[] = []
  const detached = Promise.withResolvers<string>()
  const aborted = vi.fn()
  await new Promise<void>(resolve => {
    const message = (payload: Buffer) => payloads.push(payload)
    connection.attach(address, { attached: resolve, message, aborted, detached: detached.resolve })
  })
  return { payloads, aborted, detached: detached.promise }
}

describe('the connection to a router', () => {
  it('tells who answered, and ends without a failure when we close it', async () => {
    const { port } = await listen()
    const { connection, opened, closed } = connect(port)
    expect((await opened).containerId).toBe('router-a')
    await connection.close()
    expect(await closed).toBeUndefined()
  })

  it('hands on payloads undecoded, however large, and settles each, sent settled or not', async () => {
    const router = await listen()
    const { connection, opened } = connect(router.port)
    await opened
    const { payloads } = await subscribe(connection, 'mc/a')
    const sender = router.senders.get('mc/a')!
    const sent = [Buffer.from([0xff, 0x00, 0x13]), Buffer.alloc(200_000, 7), Buffer.from('no AMQP')]
    const deliveries = sent.map(payload => sender.send(payload, undefined, 0))
    await expect.poll(() => payloads).toEqual(sent)
    await expect.poll(() => deliveries.map(delivery => delivery.remote_settled)).toEqual([true, true, true])
  })

  it('does not stall after 2047 messages, and keeps giving credit', async () => {
    const router = await listen()
    const { connection, opened } = connect(router.port)
    await opened
    const { payloads } = await subscribe(connection, 'mc/a')
    const sender = router.senders.get('mc/a')!
    let sent = 0
    const pump = () => {
      while (sent < 10_000 && sender.sendable()) {
        sender.send(Buffer.from([sent % 256]), undefined, 0)
        sent += 1
      }
    }
    sender.on('sendable', pump)
    pump()
    await expect.poll(() => payloads).toHaveLength(10_000)
  })

  it('does not stall on what comes settled either, when no link alone uses up its credit', async () => {
    const router = await listen(['ANONYMOUS-RELAY'], { snd_settle_mode: 1 })
    const { connection, opened } = connect(router.port)
    await opened
    const links = await Promise.all(Array.from({ length: 60 }, (_, index) => subscribe(connection, `mc/${index}`)))
    for (let round = 0; round < 200; round += 1) {
      for (const sender of router.senders.values()) sender.send(Buffer.from([round]), undefined, 0)
      if (round % 10 === 9)
        await expect.poll(() => links.map(link => link.payloads.length)).toEqual(Array(60).fill(round + 1))
    }
  })

  it('leaves the decoding of other connections in the process as it is', async () => {
    const router = await listen()
    const { connection, opened } = connect(router.port)
    await opened
    await expect.poll(() => connection.send('sfe.x', rhea.message.encode({ to: 'sfe.x', body: 'hello' }))).toBe(true)
    await expect.poll(() => router.received).toEqual([{ to: 'sfe.x', target: undefined, body: 'hello' }])
  })

  it('opens a sender for each address when the router relays nothing', async () => {
    const router = await listen([])
    const { connection, opened, outcomes } = connect(router.port)
    await opened
    const message = rhea.message.encode({ to: 'sfe.x', body: 'hello' })
    await expect.poll(() => connection.send('sfe.x', message)).toBe(true)
    await expect.poll(() => router.received).toEqual([{ to: 'sfe.x', target: 'sfe.x', body: 'hello' }])
    await expect.poll(() => outcomes).toEqual(['accepted'])
  })

  it('says when the router ends a link, and can attach it again', async () => {
    const router = await listen()
    const { connection, opened } = connect(router.port)
    await opened
    const first = await subscribe(connection, 'mc/a')
    router.senders.get('mc/a')!.close({ condition: 'amqp:not-found', description: 'gone' })
    expect(await first.detached).toBe('amqp:not-found: gone')
    const second = await subscribe(connection, 'mc/a')
    router.senders.get('mc/a')!.send(Buffer.from([1]), undefined, 0)
    await expect.poll(() => second.payloads).toHaveLength(1)
  })

  it('ends with what the router said when it closes', async () => {
    const router = await listen()
    const { opened, closed } = connect(router.port)
    await opened
    router.connections[0]!.close({ condition: 'amqp:connection:forced', description: 'shutting down' })
    expect(await closed).toMatchObject({
      code: 'AMQP_CLOSED',
      message: expect.stringContaining('shutting down') as string,
    })
  })

  it('ends when the router falls silent without a word, and says how long it was', async () => {
    const router = await listen()
    const sockets: Socket[] = []
    // Between the two: passes on what comes until it is told to be deaf.
    const between = createServer(socket => {
      const onward = connectTcp(router.port, '127.0.0.1')
      for (const end of [socket, onward]) end.on('error', () => undefined)
      sockets.push(socket.pipe(onward), onward.pipe(socket))
    }).listen(0, '127.0.0.1')
    await once(between, 'listening')
    toStop.push(() => {
      for (const socket of sockets) socket.destroy()
      between.close()
    })
    const { opened, closed } = connect(portOf(between), { idleTimeoutMs: 100 })
    await opened
    for (const socket of sockets) socket.unpipe().pause()
    expect(await closed).toMatchObject({
      code: 'AMQP_CLOSED',
      message: expect.stringMatching(/nothing came from there for \d+ ms/) as string,
    })
  })

  it('ends when nobody listens, with the reason', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const port = portOf(server)
    await new Promise(resolve => server.close(resolve))
    expect(await connect(port).closed).toMatchObject({ code: 'AMQP_UNREACHABLE' })
  })

  it('ends when what listens is silent, or speaks something else, or hangs up', async () => {
    const say = async (words: string | Buffer | undefined) => {
      const server = createServer(socket => {
        socket.on('error', () => undefined)
        if (words === undefined) socket.destroy()
        else if (words !== '') socket.write(words)
      }).listen(0, '127.0.0.1')
      await once(server, 'listening')
      toStop.push(() => server.close())
      return connect(portOf(server)).closed
    }
    const protocol = (reason: string) => ({
      code: 'AMQP_PROTOCOL',
      message: expect.stringContaining(reason) as string,
    })
    expect(await say('HTTP/1.1 400 Bad Request\r\n\r\n')).toMatchObject(protocol("it says 'HTTP…'"))
    expect(await say(Buffer.from('15030100020246', 'hex'))).toMatchObject(protocol('it answers in TLS'))
    expect(await say(undefined)).toMatchObject(protocol('it hung up before any word of AMQP'))
    expect(await say('')).toMatchObject({
      code: 'AMQP_UNREACHABLE',
      message: expect.stringContaining('500 ms') as string,
    })
  })

  it('hands on nothing of a message that is broken off on its way, whatever came of it, and goes on', async () => {
    const router = await listen()
    const { connection, opened } = connect(router.port)
    await opened
    const { payloads, aborted } = await subscribe(connection, 'mc/a')
    const sender = router.senders.get('mc/a')!
    // One that broke off amid, one of which no byte ever came, one whose first part held nothing, and one as usual.
    writeTransfers(sender, 0, [{ more: true, payload: 'half of' }, { aborted: true }])
    writeTransfers(sender, 1, [{ aborted: true }])
    writeTransfers(sender, 2, [{ more: true }, { payload: 'whole' }])
    writeTransfers(sender, 3, [{ payload: 'last' }])
    await expect.poll(() => payloads.map(String)).toEqual(['whole', 'last'])
    expect(aborted).toHaveBeenCalledTimes(2)
  })

  it('ends when a message never does', async () => {
    const router = await listen()
    const { connection, opened, closed } = connect(router.port)
    await opened
    await subscribe(connection, 'mc/a')
    const sender = router.senders.get('mc/a')!
    // In some forty transfers: before the last of them came it is clear that no router sends that.
    sender.send(Buffer.alloc(MAX_UNFINISHED_BYTES + 8_000_000), undefined, 0)
    expect(await closed).toMatchObject({
      code: 'AMQP_PROTOCOL',
      message: expect.stringContaining('that do not end') as string,
    })
  })

  it('leaves no timer behind when what listens is silent', async () => {
    const server = createServer(() => undefined).listen(0, '127.0.0.1')
    await once(server, 'listening')
    toStop.push(() => server.close())
    const [set, clear] = [vi.spyOn(globalThis, 'setTimeout'), vi.spyOn(globalThis, 'clearTimeout')]
    toStop.push(() => vi.restoreAllMocks())
    const idleTimeoutMs = 1_800_000
    await connect(portOf(server), { idleTimeoutMs, openTimeoutMs: 50 }).closed
    const made = set.mock.results.filter((_result, index) => set.mock.calls[index]?.[1] === 2 * idleTimeoutMs)
    const cleared = new Set(clear.mock.calls.map(([timer]) => timer))
    expect(made).not.toEqual([])
    expect(made.filter(({ value }) => !cleared.has(value as NodeJS.Timeout))).toEqual([])
  })
})
