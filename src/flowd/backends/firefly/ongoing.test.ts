import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { fireflyOptions } from '../../../../test/support/flowd/firefly-options.ts'
import { flowOf, startEvent } from '../../../../test/support/flowd/flows.ts'
import { sampleOf } from '../../../../test/support/flowd/samples.ts'
import { UdpListener } from '../../../../test/support/flowd/udp-listener.ts'
import { unitContext } from '../../../../test/support/flowd/unit-context.ts'
import { everyFlow, parseFireflyDatagram } from '../../../scitags/index.ts'
import type { Flow, FlowChange } from '../../flow.ts'
import { firefly } from './index.ts'
import type { FireflyOptions } from './options.ts'

let listener: UdpListener
const stops: (() => Promise<void>)[] = []
beforeEach(async () => {
  listener = await UdpListener.open('udp4')
  stops.push(() => listener.close())
})
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop()
})

async function running(change: Partial<FireflyOptions>) {
  const context = unitContext()
  const options = fireflyOptions({ sendToDestination: false, sendToCollector: true, ...change })
  const backend = firefly.create({ ...options, collectorPort: listener.port }, context)
  await backend.start()
  stops.push(() => backend.stop())
  return {
    backend,
    tell: async (...changes: FlowChange[]) => {
      for (const change of changes) await backend.handle(change)
    },
  }
}

const heard = async (count: number) =>
  (await listener.take(count)).map(text => {
    const read = parseFireflyDatagram(text)
    if (!read.ok) throw new Error(read.problem)
    return read.value.firefly
  })

const usage = { receivedBytes: 5, sentBytes: 7 }
const flow: Flow = { ...flowOf(startEvent(1)), usage }
const tcpInfo = { state: 1, pmtu: 1500 }
const sampled = (source: string, rttUs = 1): FlowChange => ({
  kind: 'sample',
  flow,
  sample: sampleOf({ ...tcpInfo, rttUs }, { source }),
})

describe('with `enrich`, the firefly backend', () => {
  it('sends one ongoing firefly for each sample of each enricher, with the usage known', async () => {
    const { backend, tell } = await running({ enrich: true })
    expect(backend.wantsSamples).toBe(true)
    await tell(sampled('netlink'), sampled('skops'), sampled('netlink'))
    const fireflies = await heard(3)
    const block = { cong: { algorithm: 'cubic' }, tcpInfo: expect.objectContaining({ pMtu: 1500 }) as unknown }
    expect(fireflies.map(({ blocks }) => blocks)).toEqual([{ netlink: block }, { skOps: block }, { netlink: block }])
    for (const firefly of fireflies) expect(firefly).toMatchObject({ state: 'ongoing', usage, flow: flow.tuple })
  })

  it.each([
    ['compatible', { netlink: { state: 'established', pmtu: 1500 } }],
    ['full', { netlink: { tcpInfo: { pMtu: 1500, sndWnd: 0 } } }],
  ] as const)('writes it %s', async (enrichmentMode, blocks) => {
    const { tell } = await running({ enrich: true, enrichmentMode })
    await tell(sampled('netlink'))
    expect(await heard(1)).toMatchObject([{ blocks }])
  })

  it('sends a sample of which nothing is known', async () => {
    for (const enrichmentMode of ['lean', 'compatible', 'full'] as const) {
      const { tell } = await running({ enrich: true, enrichmentMode })
      await tell({ kind: 'sample', flow, sample: sampleOf({}, { congestion: undefined }) })
      expect(await heard(1)).toMatchObject([{ state: 'ongoing' }])
    }
  })
})

describe('without it, the firefly backend', () => {
  it('wants no samples', async () => {
    const { backend } = await running({})
    expect(backend.wantsSamples).toBe(false)
  })
})

describe('with `ongoingPeriod`, the firefly backend', () => {
  it('announces each live flow once a period, from its start or its return to its end', async () => {
    const other = { ...flowOf(startEvent(2)), usage: undefined }
    const { tell } = await running({ ongoingPeriod: 0.2 })
    await tell({ kind: 'start', flow }, { kind: 'resume', flow: other })
    const [start, ...ongoing] = await heard(7)
    expect(start).toMatchObject({ state: 'start', flow: flow.tuple })
    expect(ongoing.slice(0, 4).map(one => [one.state, one.flow.source.port, one.usage])).toEqual([
      ['ongoing', 1, usage],
      ['ongoing', 2, undefined],
      ['ongoing', 1, usage],
      ['ongoing', 2, undefined],
    ])
    await tell({ kind: 'end', flow, reason: 'event' }, { kind: 'end', flow: other, reason: 'event' })
    await expect.poll(() => listener.datagrams.filter(text => text.includes('"end"'))).toHaveLength(2)
    listener.datagrams.splice(0)
    await new Promise(resolve => setTimeout(resolve, 500))
    expect(listener.datagrams).toEqual([])
  })

  it('thins samples: each firefly has the last of each enricher since the one before', async () => {
    const { tell } = await running({ enrich: true, ongoingPeriod: 0.4 })
    await tell({ kind: 'resume', flow }, sampled('netlink', 1), sampled('skops', 2), sampled('netlink', 3))
    const [first, second] = await heard(2)
    expect(first?.blocks).toMatchObject({ netlink: { tcpInfo: { rtt: 3 } }, skOps: { tcpInfo: { rtt: 2 } } })
    expect(second).not.toHaveProperty('blocks')
  })

  it('keeps to it for thousands of flows', async () => {
    const context = unitContext()
    const options = fireflyOptions({ sendToDestination: false, sendToCollector: true, ongoingPeriod: 1 })
    const backend = firefly.create({ ...options, collectorPort: listener.port }, context)
    await backend.start()
    stops.push(() => backend.stop())
    for (let port = 1; port <= 5000; port += 1) await backend.handle({ kind: 'resume', flow: flowOf(startEvent(port)) })
    const account = context.metrics.stage(`fireflies to 127.0.0.1:${listener.port}`)
    await expect.poll(() => account.passed, { timeout: 60_000 }).toBeGreaterThanOrEqual(5000)
  }, 90_000)
})

describe('the firefly backend', () => {
  it('announces nothing that stands for every packet, and counts what no firefly can name', async () => {
    const context = unitContext()
    const options = fireflyOptions({ sendToCollector: true, collectorPort: listener.port, ongoingPeriod: 0.1 })
    const backend = firefly.create(options, context)
    await backend.start()
    stops.push(() => backend.stop())
    const every = flowOf(startEvent(1, { flow: everyFlow('tcp') }))
    const portless = flowOf(startEvent(0))
    for (const one of [every, portless]) {
      await backend.handle({ kind: 'start', flow: one })
      await backend.handle({ kind: 'end', flow: one, reason: 'event' })
    }
    expect(context.metrics.stage('fireflies')).toMatchObject({ received: 2, passed: 0 })
    expect(context.metrics.stage('fireflies').dropped('port')).toBe(2)
    expect(listener.datagrams).toEqual([])
  })
})
