import { hostname } from 'node:os'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { fireflyText as text } from '../../../../test/support/firefly-text.ts'
import { tuple } from '../../../../test/support/flowd/flows.ts'
import { Receivers, udpSocket } from '../../../../test/support/flowd/receivers.ts'
import { unitContext } from '../../../../test/support/flowd/unit-context.ts'
import { freePort } from '../../../../test/support/free-port.ts'
import { createFireflyHeader, formatFirefly } from '../../../scitags/index.ts'
import { Relay } from './relay.ts'

const receivers = new Receivers()
afterEach(() => receivers.stop())
afterAll(() => receivers.close())

const START_US = Date.UTC(2021, 8, 7, 22, 22, 21) * 1000

describe('fireflyReceivers', () => {
  async function upstream() {
    const socket = await udpSocket()
    receivers.onStop(() => new Promise<void>(resolve => socket.close(resolve)))
    const datagrams: Buffer[] = []
    socket.on('message', bytes => datagrams.push(bytes))
    return { port: socket.address().port, datagrams }
  }

  it('get every byte unchanged, each of them, whatever becomes of it here', async () => {
    const [one, two] = [await upstream(), await upstream()]
    const { tell, context } = await receivers.start({
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
    const port = await freePort('udp')
    const { tell, account, events } = await receivers.start({
      bindPort: port,
      fireflyReceivers: [{ address: '127.0.0.1', port }],
    })
    await receivers.send(port, text())
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
