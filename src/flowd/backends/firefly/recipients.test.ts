import { afterEach, describe, expect, it } from 'vitest'
import { fireflyOptions } from '../../../../test/support/flowd/firefly-options.ts'
import { UdpListener } from '../../../../test/support/flowd/udp-listener.ts'
import { unitContext } from '../../../../test/support/flowd/unit-context.ts'
import type { FireflyOptions } from './options.ts'
import { Recipients } from './recipients.ts'

const stops: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop()
})

async function listen(type: 'udp4' | 'udp6' = 'udp4', port = 0): Promise<UdpListener> {
  const listener = await UdpListener.open(type, port)
  stops.push(() => listener.close())
  return listener
}

async function running(change: Partial<FireflyOptions>) {
  const context = unitContext()
  const recipients = new Recipients(fireflyOptions(change), context)
  await recipients.start()
  stops.push(() => recipients.stop())
  const stage = (name = '') => context.metrics.stage(`fireflies${name}`)
  return { recipients, stage, lines: context.lines }
}

describe('those who get fireflies', () => {
  it.each([
    ['127.0.0.1', 'udp4'],
    ['::1', 'udp6'],
  ] as const)('are the destination %s', async (address, type) => {
    const destination = await listen(type)
    const { recipients, stage } = await running({ destinationPort: destination.port })
    void recipients.send('a', address)
    expect(await destination.take(1)).toEqual(['a'])
    await expect.poll(() => stage()).toMatchObject({ received: 1, passed: 1 })
  })

  it.each(['127.0.0.1', '::1', 'localhost'])('are the collector %s', async collectorAddress => {
    const listeners = [await listen('udp4'), await listen('udp6')]
    for (const { port } of listeners) {
      const { recipients, stage } = await running({ sendToCollector: true, collectorAddress, collectorPort: port })
      void recipients.send('a', '127.0.0.1')
      const host = collectorAddress === '::1' ? '[::1]' : collectorAddress
      await expect.poll(() => stage(` to ${host}:${port}`).passed).toBe(1)
    }
    await expect.poll(() => listeners.flatMap(({ datagrams }) => datagrams)).toEqual(['a'])
  })

  it('are any number of collectors, each with its own account, and not the destination when it is not wanted', async () => {
    const [first, second, third, destination] = await Promise.all([listen(), listen('udp6'), listen(), listen()])
    const { recipients, stage } = await running({
      sendToDestination: false,
      destinationPort: destination.port,
      sendToCollector: true,
      collectorPort: first.port,
      collectors: [
        { address: '::1', port: second.port },
        { address: 'collector.invalid', port: 10_514 },
        { address: 'localhost', port: third.port },
      ],
    })
    void recipients.send('a', '127.0.0.1')
    for (const listener of [first, second]) expect(await listener.take(1)).toEqual(['a'])
    expect(destination.datagrams).toEqual([])
    expect(stage(' to collector.invalid:10514').dropped('unresolved')).toBe(1)
    await expect.poll(() => stage(` to localhost:${third.port}`).passed).toBe(1)
    expect(stage().received).toBe(0)
  })

  it('get each firefly once, however often and under whatever name they are listed', async () => {
    const [collector, other] = [await listen('udp6'), await listen('udp6')]
    const { recipients } = await running({
      destinationPort: collector.port,
      sendToCollector: true,
      collectorAddress: '0:0::1',
      collectorPort: collector.port,
      collectors: [
        { address: '::1', port: collector.port },
        { address: 'ip6-localhost', port: collector.port },
        { address: '::1', port: other.port },
        { address: '::1', port: other.port },
      ],
    })
    // The destination is the collector, then it is not.
    void recipients.send('a', '::1')
    void recipients.send('b', '127.0.0.1')
    await collector.take(2)
    await other.take(2)
    void recipients.send('last', '::1')
    expect(await collector.take(1)).toEqual(['last'])
    expect(await other.take(1)).toEqual(['last'])
  })

  it('see the address that fireflies are to come from', async () => {
    const collector = await listen()
    const { recipients, stage } = await running({
      destinationPort: collector.port,
      sourceIpv4: '127.0.0.77',
      sourceIpv6: '2001:db8::77',
    })
    void recipients.send('a', '127.0.0.1')
    await collector.take(1)
    expect(collector.senders).toEqual(['127.0.0.77'])
    // This host does not have the other one.
    void recipients.send('b', '::1')
    void recipients.send('c', '::1')
    await expect.poll(() => stage().dropped('EADDRNOTAVAIL')).toBe(2)
  })

  it('account for every datagram, whatever becomes of it', async () => {
    const { recipients, stage, lines } = await running({
      sendToCollector: true,
      collectorAddress: 'collector.invalid',
      collectorPort: 9,
    })
    // The kernel refuses to send to a broadcast address unless told otherwise.
    void recipients.send('a', '255.255.255.255')
    await expect.poll(() => stage().dropped('EACCES')).toBe(1)
    expect(stage(' to collector.invalid:9').dropped('unresolved')).toBe(1)
    expect(lines.map(({ message }) => message)).toEqual([
      expect.stringContaining('cannot be resolved'),
      'a firefly could not be sent',
    ])
  })

  it.each([
    ['127.0.0.1', 'udp4', 65_507],
    ['::1', 'udp6', 65_527],
  ] as const)('at %s get what a datagram can carry; what is longer is counted', async (address, type, longest) => {
    const destination = await listen(type)
    const { recipients, stage } = await running({ destinationPort: destination.port })
    void recipients.send('x'.repeat(longest), address)
    void recipients.send('x'.repeat(longest + 1), address)
    expect((await destination.take(1))[0]).toHaveLength(longest)
    await expect.poll(() => stage().dropped('EMSGSIZE')).toBe(1)
    expect(stage()).toMatchObject({ received: 2, passed: 1 })
  })
})
