import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { FlowEvent } from '../../../src/flowd/event.ts'
import { Perfsonar } from '../../../src/flowd/plugins/perfsonar/perfsonar.ts'
import { inNetworkNamespace, SocketTable } from '../../../src/linux/index.ts'
import { decodeFlowLabel, flowKey, REGISTRY_SNAPSHOT, Registry } from '../../../src/scitags/index.ts'
import { FireflyReceiver } from '../../support/flowd/firefly-receiver.ts'
import { FlowdProcess } from '../../support/flowd/flowd-process.ts'
import { unitContext } from '../../support/flowd/unit-context.ts'
import { Laboratory, type TestNamespace } from '../../support/namespace.ts'
import { Probe, type SeenPackets } from '../../support/probe.ts'
import { Connections } from '../../support/sock-ops/connections.ts'

const PORT = 5201
const FIREFLY_PORT = 10_514
const EVERY = ['tcp', 'udp'].map(protocol => `${protocol} :: 0 :: 0`)
const PATIENCE = { timeout: 20_000, interval: 100 }

const laboratory = new Laboratory()
let left: TestNamespace
let right: TestNamespace
let fireflies: FireflyReceiver
const probe = new Probe()

beforeAll(async () => {
  const namespaces = laboratory.pair()
  left = namespaces.left
  right = namespaces.right
  left.exec('sysctl', '-qw', 'net.ipv6.auto_flowlabels=0')
  // Large packets of UDP, which only exist within a host, are passed unmarked.
  left.exec('ethtool', '-K', 'eth0', 'tx-udp-segmentation', 'off')
  fireflies = await new FireflyReceiver(right, FIREFLY_PORT).ready()
  const server = right.spawn('iperf3', ['-s', '-p', String(PORT), '--forceflush'])
  await once(server.stdout!, 'data')
  probe.attach(right, 'ingress')
})
afterAll(async () => {
  probe.close()
  await laboratory.close()
})

async function iperf3(...options: string[]): Promise<{ end: { sum_received?: { bytes: number } } }> {
  const client = left.spawn('iperf3', ['--json', '-c', '2001:db8:1::2', '-p', String(PORT), ...options])
  return JSON.parse(await text(client.stdout!)) as never
}

/** The labels of each protocol and source port, in all packets that were seen. */
function labels(seen: readonly SeenPackets[]): Map<string, Set<number>> {
  const found = new Map<string, Set<number>>()
  for (const { protocol, sourcePort, label } of seen) {
    const key = `${protocol} ${sourcePort}`
    found.set(key, (found.get(key) ?? new Set()).add(label))
  }
  return found
}

describe('flowd with the plugin perfsonar', () => {
  it('marks every packet with one label a flow from the first to the last, and announces each by its own addresses', async () => {
    const configuration = {
      plugins: { perfsonar: { experimentId: 'atlas', activityId: 'perfSONAR', period: 100 } },
      backends: { marker: { targetInterfaces: ['eth0'] }, firefly: {} },
    }
    await using flowd = await new FlowdProcess({
      configuration,
      spawn: left.spawn,
    }).ready()
    expect(flowd.stderr).toContain('backends.marker.matchAll')
    const live = async () => (await flowd.control.flows()).map(({ protocol, source }) => `${protocol} ${source}`)
    expect((await live()).slice(0, 2)).toEqual(['tcp [::]:0', 'udp [::]:0'])
    probe.reset()

    expect((await iperf3('-t', '2', '-b', '50M', '--cport', '40001')).end.sum_received?.bytes).toBeGreaterThan(1e6)
    await iperf3('-u', '-t', '2', '-b', '5M', '-l', '1000', '--cport', '40002')

    const found = [PORT, FIREFLY_PORT].flatMap(port => [...labels(probe.seen(port))])
    // Control and data streams of both runs, and the fireflies themselves.
    expect(found.length).toBeGreaterThanOrEqual(5)
    for (const [flow, values] of found) {
      expect([flow, ...[...values].map(value => decodeFlowLabel(value))]).toEqual([
        flow,
        expect.objectContaining({ experiment: 2, activity: 2 }),
      ])
    }

    for (const state of ['start', 'end']) {
      for (const [port, protocol] of [
        [40_001, 'tcp'],
        [40_002, 'udp'],
      ] as const) {
        const { 'flow-id': id, context } = await fireflies.one(state, port)
        expect(id).toMatchObject({ 'src-ip': '2001:db8:1::1', 'dst-ip': '2001:db8:1::2', protocol })
        expect([id['dst-port'], context['experiment-id'], context['activity-id']]).toEqual([PORT, 2, 2])
      }
    }
    await expect.poll(() => live(), PATIENCE).toEqual(['tcp [::]:0', 'udp [::]:0'])
    // Nobody is told of what stands for every packet.
    expect(fireflies.fireflies.map(firefly => firefly['flow-id']['src-port'])).not.toContain(0)

    flowd.configure({ backends: configuration.backends })
    await flowd.control.reload()
    expect(await live()).toEqual([])
    probe.reset()
    await iperf3('-n', '100000', '--cport', '40003')
    expect(probe.seen(PORT).filter(({ label }) => label !== 0)).toEqual([])
  })
})

describe('the plugin perfsonar by itself', () => {
  async function started(experimentId: string | number) {
    const registry = { current: new Registry({ ...REGISTRY_SNAPSHOT, experiments: [] }) }
    const context = { ...unitContext(), registry }
    const told: string[] = []
    const openTable = () => inNetworkNamespace(left.path, () => SocketTable.open())
    const plugin = new Perfsonar({ experimentId, activityId: 2, period: 20 }, context, openTable)
    await plugin.start(({ state, flow, experiment }: FlowEvent) => {
      told.push(`${state} ${flowKey(flow)} ${experiment}`)
    })
    return { plugin, told, context, registry }
  }

  it('declares every packet once, and nothing of what stays on this host', async () => {
    const local = new Connections(left)
    await local.tell('listen', '::1', 5300)
    await local.tell('open', 'one', '::1', 0, '::1', 5300)
    const { plugin, told } = await started(2)
    const every = EVERY.map(key => `start ${key} 2`)
    await expect.poll(() => told).toEqual(every)
    // Some more looks.
    await delay(300)
    expect(told).toEqual(every)
    await plugin.stop()
    await plugin.stop()
    local.child.kill()
  })

  it('waits for a registry that knows its names', async () => {
    const { plugin, told, context, registry } = await started('atlas')
    await expect.poll(() => context.lines.length).toBeGreaterThan(0)
    expect(told).toEqual([])
    registry.current = new Registry(REGISTRY_SNAPSHOT)
    await expect.poll(() => told).toEqual(EVERY.map(key => `start ${key} 2`))
    await plugin.stop()
  })
})
