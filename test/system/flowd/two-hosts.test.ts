import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { FireflyReceiver } from '../../support/flowd/firefly-receiver.ts'
import { FlowdProcess } from '../../support/flowd/flowd-process.ts'
import { Laboratory, type TestNamespace } from '../../support/namespace.ts'

const [LEFT, RIGHT, ELSEWHERE] = ['2001:db8:1::1', '2001:db8:1::2', '2001:db8:1::9'] as const
const COLLECTOR_PORT = 10_600

const laboratory = new Laboratory()
let left: TestNamespace
let right: TestNamespace
let collector: FireflyReceiver

beforeAll(async () => {
  const namespaces = laboratory.pair()
  left = namespaces.left
  right = namespaces.right
  collector = await new FireflyReceiver(right, COLLECTOR_PORT).ready()
})
afterAll(() => laboratory.close())

/** flowd that hears fireflies, and tells the other end of a flow, a collector, and the other host for a collector. */
function flowdIn(namespace: TestNamespace, other: string): FlowdProcess {
  return new FlowdProcess({
    spawn: namespace.spawn,
    configuration: {
      flowTable: { socketCheck: false },
      plugins: { firefly: { bindAddress: '::' } },
      backends: {
        firefly: {
          sendToCollector: true,
          collectorAddress: RIGHT,
          collectorPort: COLLECTOR_PORT,
          collectors: [{ address: other }],
        },
      },
    },
  })
}

/** Has a program on the left host tell its flowd of a flow that begins there, as XRootD does. */
function tell(state: 'start' | 'ongoing' | 'end', port: number, destination: string): void {
  const firefly = {
    version: 1,
    'flow-lifecycle': {
      state,
      'start-time': '2026-01-01T00:00:00+00:00',
      'current-time': '2026-01-01T00:00:01+00:00',
      ...(state === 'end' ? { 'end-time': '2026-01-01T00:00:01+00:00' } : {}),
    },
    'flow-id': {
      afi: 'ipv6',
      'src-ip': LEFT,
      'dst-ip': destination,
      protocol: 'tcp',
      'src-port': port,
      'dst-port': 1094,
    },
    context: { 'experiment-id': 2, 'activity-id': 9, application: 'xrootd' },
  }
  const script =
    'import socket, sys; socket.socket(socket.AF_INET6, socket.SOCK_DGRAM).sendto(sys.argv[1].encode(), ("::1", 10514))'
  left.exec('python3', '-c', script, `<134>1 - host xrootd - firefly-json - ${JSON.stringify(firefly)}`)
}

const flowsOf = async (flowd: FlowdProcess) => (await flowd.control.flows()).length

async function received(flowd: FlowdProcess): Promise<number> {
  const { text } = await flowd.get('/metrics')
  return Number(text.match(/received_total\{stage="plugin firefly"\} (\d+)/)?.[1])
}

describe('two hosts that both run flowd', () => {
  it('tell each other of a flow once, not again and again', async () => {
    await using sender = flowdIn(left, RIGHT)
    await using destination = flowdIn(right, LEFT)
    await Promise.all([sender.ready(), destination.ready()])
    const states = ['start', 'ongoing', 'end'] as const
    // Each flow comes after whatever the one before had them say.
    for (const [index, end] of [RIGHT, ELSEWHERE, RIGHT].entries()) {
      const port = 40_000 + index
      for (const state of states) tell(state, port, end)
      await collector.one('end', port)
      await expect.poll(() => Promise.all([sender, destination].map(flowsOf))).toEqual([0, 0])
    }
    await expect.poll(() => received(destination)).toBeGreaterThanOrEqual(9)
    expect(await received(destination)).toBe(9)
    expect(await received(sender)).toBe(9)
  })

  it('do not end what programs of the other host declared', async () => {
    await using sender = flowdIn(left, RIGHT)
    const destination = flowdIn(right, LEFT)
    await Promise.all([sender.ready(), destination.ready()])
    await sender.control.send([`start tcp ${LEFT} 41000 ${RIGHT} 1094 2 9`])
    await expect.poll(() => flowsOf(destination)).toBe(1)
    await destination.control.send([`start tcp ${RIGHT} 1094 ${LEFT} 41000 2 9`])
    await destination.stop()
    await collector.one('end', 1094)
    await expect
      .poll(async () => (await sender.get('/metrics')).text)
      .toContain('dropped_total{stage="flow table",cause="foreign-end"} 1')
    expect(await flowsOf(sender)).toBe(1)
  })
})
