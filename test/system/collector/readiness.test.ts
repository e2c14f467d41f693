import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import rhea, { type EventContext } from 'rhea'
import { afterEach, describe, expect, it } from 'vitest'
import { Collector } from '../../../src/collector/collector.ts'
import { CollectorConfiguration } from '../../../src/collector/configuration.ts'
import { parseConfiguration, silentLogger } from '../../../src/common/index.ts'
import { acceleratedClock } from '../../support/accelerated-clock.ts'

const toStop: (() => unknown)[] = []
afterEach(async () => {
  for (const stop of toStop.splice(0).reverse()) await stop()
})

/** A router that lets everybody in, and whose policy says who may read. */
async function routerWithPolicy(policy: { mayRead: boolean; refusals: number }): Promise<number> {
  const container = rhea.create_container()
  for (const event of ['disconnected', 'connection_close', 'sender_error']) container.on(event, () => undefined)
  container.on('sender_open', ({ sender }: EventContext) => {
    if (policy.mayRead) return
    policy.refusals += 1
    sender?.close({ condition: 'amqp:unauthorized-access', description: 'not for you' })
  })
  const server = container.listen({ port: 0, host: '127.0.0.1', offered_capabilities: ['ANONYMOUS-RELAY'] })
  await once(server, 'listening')
  toStop.push(() => server.close())
  return (server.address() as AddressInfo).port
}

describe('readiness', () => {
  it('is not there while the router lets us in and not read, whose reason is logged once; and comes back', async () => {
    const policy = { mayRead: false, refusals: 0 }
    const port = await routerWithPolicy(policy)
    const warnings: unknown[] = []
    const log = Object.assign(Object.create(silentLogger) as typeof silentLogger, {
      warn: (...words: unknown[]) => warnings.push(words),
    })
    const { values } = parseConfiguration(CollectorConfiguration, '{"http": {"bindPort": 0}}', 'test', { strict: true })
    const collector = new Collector({
      configuration: values,
      router: { host: '127.0.0.1', port, sasl: {}, origin: 'the test' },
      log,
      clock: acceleratedClock(10),
    })
    await collector.start()
    toStop.push(() => collector.stop())
    const readiness = async () => (await fetch(`${collector.address}/readyz`)).json() as Promise<{ status: string }>
    const refused = {
      status: 'not ready',
      reason: `the router at amqp://127.0.0.1:${port} ends the link to mc/sfe.all: amqp:unauthorized-access: not for you`,
    }
    await expect.poll(() => readiness()).toMatchObject(refused)
    expect(collector.ingest.status.connected).toBe(true)
    // It stays so while it is asked again and again, and is said once.
    while (policy.refusals < 4) expect(await readiness()).toMatchObject(refused)
    expect(warnings).toEqual([[expect.objectContaining({ code: 'AMQP_ADDRESS_REFUSED' }), refused.reason]])
    policy.mayRead = true
    await expect.poll(() => readiness(), { timeout: 10_000 }).toMatchObject({ status: 'ready' })
  })
})
