import rhea, { type Connection, type ConnectionOptions, type EventContext } from 'rhea'
import { afterEach, describe, expect, it } from 'vitest'
import { encodeFlush, encodeRecords } from '../../vanflow/index.ts'
import type { AmqpListenerOptions } from './amqp-listener.ts'
import { RouterEnd } from './router-end.ts'

const ADDRESS = 'mc/sfe.x:0'
const message = (messageId: number) => encodeRecords({ to: ADDRESS, messageId, records: [] })

const undo: (() => Promise<void> | void)[] = []
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step()
})

async function routerEnd(options: AmqpListenerOptions = {}) {
  const flushed: string[] = []
  const end = new RouterEnd(
    { port: 0, ...options },
    { flush: direct => flushed.push(direct) > 0 && direct === 'sfe.x:0' },
  )
  await end.start()
  undo.push(() => end.stop())
  return { end, flushed }
}

/** A client with what it received, and what became of its connection. */
function client(end: RouterEnd, options: Partial<ConnectionOptions> = {}) {
  const container = rhea.create_container()
  const received: { id: number; settled: boolean }[] = []
  const events: string[] = []
  for (const event of [
    'connection_open',
    'connection_error',
    'disconnected',
    'receiver_open',
    'accepted',
    'released',
  ]) {
    container.on(event, () => events.push(event))
  }
  container.on('error', () => events.push('error'))
  container.on('message', ({ message: body, delivery }: EventContext) => {
    received.push({ id: Number(body?.message_id), settled: delivery!.remote_settled })
  })
  const connection: Connection = container.connect({ host: end.host, port: end.port, reconnect: false, ...options })
  undo.push(() => {
    connection.set_reconnect(false)
    connection.close()
  })
  return { connection, received, events, ids: () => received.map(({ id }) => id) }
}

describe('the router end', () => {
  it('hands a message to everybody on its address, settled or not as its source sends', async () => {
    const { end } = await routerEnd()
    const clients = [client(end), client(end)]
    for (const { connection } of clients) connection.open_receiver(ADDRESS)
    for (const { events } of clients) await expect.poll(() => events).toContain('receiver_open')
    end.publish('mc/sfe.other', message(0), true)
    end.publish(ADDRESS, message(1), true)
    end.publish(ADDRESS, message(2), false)
    for (const { received } of clients) {
      await expect
        .poll(() => received)
        .toEqual([
          { id: 1, settled: true },
          { id: 2, settled: false },
        ])
    }
    expect(end.counts).toEqual({ delivered: 4, unheard: 1, overflowed: 0 })
  })

  it('knows which unsettled messages were not answered', async () => {
    const { end } = await routerEnd()
    const { connection, events, received } = client(end)
    const mute = connection.open_receiver({ source: ADDRESS, autoaccept: false })
    await expect.poll(() => events).toContain('receiver_open')
    for (const id of [1, 2, 3]) end.publish(ADDRESS, message(id), false)
    end.publish(ADDRESS, message(4), true)
    await expect.poll(() => received).toHaveLength(4)
    expect(end.unanswered).toBe(3)
    // A listener on the link takes the message from the one of the container.
    const answered = new Promise<void>(resolve => {
      mute.once('message', ({ delivery }: EventContext) => {
        delivery?.accept()
        resolve()
      })
    })
    end.publish(ADDRESS, message(5), false)
    expect(end.unanswered).toBe(4)
    await answered
    await expect.poll(() => end.unanswered).toBe(3)
  })

  it('lets messages wait for credit, and throws the settled ones away when too many wait', async () => {
    const { end } = await routerEnd()
    const { connection, ids } = client(end)
    const receiver = connection.open_receiver({ source: ADDRESS, credit_window: 0 })
    await expect.poll(() => end.hasSubscriber(ADDRESS)).toBe(true)
    end.publish(ADDRESS, message(0), true)
    end.publish(ADDRESS, message(1), false)
    for (let id = 2; id < 251; id += 1) end.publish(ADDRESS, message(id), true)
    // Full at 250: all settled ones but the head go.
    expect(end.counts.overflowed).toBe(248)
    receiver.add_credit(1000)
    await expect.poll(() => ids()).toEqual([0, 1, 250])
  })

  it('sends nothing without credit, and one by one as it comes', async () => {
    const { end } = await routerEnd()
    const { connection, ids } = client(end)
    const receiver = connection.open_receiver({ source: ADDRESS, credit_window: 0 })
    await expect.poll(() => end.hasSubscriber(ADDRESS)).toBe(true)
    for (let id = 0; id < 5; id += 1) end.publish(ADDRESS, message(id), true)
    receiver.add_credit(2)
    await expect.poll(() => ids()).toEqual([0, 1])
    receiver.add_credit(2)
    await expect.poll(() => ids()).toEqual([0, 1, 2, 3])
  })

  it('takes a FLUSH in every form, on a link without address or on one to the source', async () => {
    const { end, flushed } = await routerEnd()
    const { connection, events } = client(end)
    const anonymous = connection.open_sender({ target: {} })
    anonymous.once('sendable', () => {
      anonymous.send(encodeFlush('sfe.x:0'), undefined, 0)
      anonymous.send({ to: 'sfe.x:0', subject: 'FLUSH', reply_to: '', body: undefined })
    })
    const direct = connection.open_sender('sfe.x:0')
    direct.once('sendable', () => direct.send({ subject: 'FLUSH', body: undefined }))
    await expect.poll(() => events.filter(event => event === 'accepted')).toHaveLength(3)
    expect(flushed).toEqual(['sfe.x:0', 'sfe.x:0', 'sfe.x:0'])
  })

  it('releases a FLUSH to a source that does not live, and passes over what is none', async () => {
    const { end, flushed } = await routerEnd()
    const { connection, events } = client(end)
    const sender = connection.open_sender({ target: {} })
    sender.once('sendable', () => {
      sender.send(encodeFlush('sfe.gone:0'), undefined, 0)
      sender.send({ to: 'sfe.x:0', subject: 'HELLO', body: 'x' })
    })
    await expect.poll(() => events).toContain('accepted')
    expect(events).toContain('released')
    expect(flushed).toEqual(['sfe.gone:0'])
  })

  it('may crash, be gone for a while and come back on its port', async () => {
    const { end } = await routerEnd()
    const { connection, events, ids } = client(end, { reconnect: 20 as unknown as boolean })
    connection.open_receiver(ADDRESS)
    await expect.poll(() => end.hasSubscriber(ADDRESS)).toBe(true)
    const { port } = end
    end.cut()
    expect(end.hasSubscriber(ADDRESS)).toBe(false)
    await expect.poll(() => end.hasSubscriber(ADDRESS)).toBe(true)
    await end.stop()
    await end.start()
    expect(end.port).toBe(port)
    await expect.poll(() => end.hasSubscriber(ADDRESS)).toBe(true)
    end.publish(ADDRESS, message(9), true)
    await expect.poll(() => ids()).toEqual([9])
    expect(events.filter(event => event === 'disconnected').length).toBeGreaterThanOrEqual(2)
  })

  it('forgets who detached', async () => {
    const { end } = await routerEnd()
    const { connection } = client(end)
    const receiver = connection.open_receiver(ADDRESS)
    await expect.poll(() => end.hasSubscriber(ADDRESS)).toBe(true)
    receiver.close()
    await expect.poll(() => end.hasSubscriber(ADDRESS)).toBe(false)
  })

  it('lets in by PLAIN only who knows the password', async () => {
    const { end } = await routerEnd({ anonymous: false, plain: { user: 'u', password: 'p' } })
    const friend = client(end, { username: 'u', password: 'p' })
    await expect.poll(() => friend.events).toEqual(['connection_open'])
    const foe = client(end, { username: 'u', password: 'q' })
    await expect.poll(() => foe.events).toContain('connection_error')
  })

  it('says what to do when its port is taken', async () => {
    const { end } = await routerEnd()
    const second = new RouterEnd({ port: end.port }, { flush: () => true })
    await expect(second.start()).rejects.toMatchObject({ code: 'ADDRESS_IN_USE' })
    await second.stop()
  })
})
