import { hostname } from 'node:os'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { conformsToFireflySchema } from '../../../../test/support/firefly-schema.ts'
import { describeBackend } from '../../../../test/support/flowd/backend-conformance.ts'
import { fireflyOptions } from '../../../../test/support/flowd/firefly-options.ts'
import { endEvent, flowOf, startEvent, tuple } from '../../../../test/support/flowd/flows.ts'
import { UdpListener } from '../../../../test/support/flowd/udp-listener.ts'
import { unitContext } from '../../../../test/support/flowd/unit-context.ts'
import { parseFireflyDatagram, type ReceivedFirefly } from '../../../scitags/index.ts'
import type { FlowChange } from '../../flow.ts'
import { firefly } from './index.ts'
import type { FireflyOptions } from './options.ts'

let listener: UdpListener
beforeAll(async () => {
  listener = await UdpListener.open('udp4')
})
afterAll(() => listener.close())

const toListener = (change: Partial<FireflyOptions> = {}): FireflyOptions =>
  fireflyOptions({ sendToCollector: true, collectorPort: listener.port, ...change })

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
      expect(conformsToFireflySchema(JSON.parse(datagram.slice(datagram.indexOf('{'))))).toBe(true)
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

  it('keeps in step with the kernel over many thousand flows', async () => {
    const context = unitContext()
    const backend = firefly.create(toListener(), context)
    await backend.start()
    for (let round = 0; round < 5000; round += 1) await backend.handle({ kind: 'start', flow })
    const account = context.metrics.stage(`fireflies to 127.0.0.1:${listener.port}`)
    await expect.poll(() => account.passed).toBe(5000)
    expect(context.metrics.stage('fireflies').passed).toBe(5000)
    await backend.stop()
    listener.datagrams.splice(0)
  })
})
