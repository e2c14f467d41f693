import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { FlowdProcess } from '../../support/flowd/flowd-process.ts'
import { Laboratory, type TestNamespace } from '../../support/namespace.ts'
import { Connections } from '../../support/sock-ops/connections.ts'

const PATIENCE = { timeout: 30_000, interval: 50 }
const PORT = 5777
const [HERE, THERE] = ['2001:db8:1::1', '2001:db8:1::2'] as const
const OTHER_USER = 1234

const laboratory = new Laboratory()
let left: TestNamespace
let right: TestNamespace

beforeEach(async () => {
  ;({ left, right } = laboratory.pair())
  await new Connections(right).tell('listen', '::', PORT)
})
afterAll(() => laboratory.close())

/** flowd that looks at the sockets once, when it starts, and then goes by what the kernel tells of each. */
async function flowdIn(namespace: TestNamespace, rule: object): Promise<FlowdProcess> {
  const netlink = {
    period: 3_600_000,
    watch: 'socketOps',
    privateDestinations: true,
    rules: [{ user: '0', experiment: 'cms', activity: 14, ...rule }],
  }
  // Unlike ip-netns(8), this leaves /sys as it is, with cgroup v2 in it.
  const prefix = ['nsenter', `--net=${namespace.path}`]
  return await new FlowdProcess({ configuration: { plugins: { netlink } }, prefix }).ready()
}

/** The live flows, as their ports at the source. */
const flows = async (flowd: FlowdProcess) =>
  (await flowd.control.flows()).map(({ source }) => Number(source.replace(/^.*:/, ''))).toSorted((a, b) => a - b)

/** What became of the connections that the kernel told of. */
async function stage(flowd: FlowdProcess) {
  const { stages } = await flowd.control.status()
  return stages.find(one => one.stage === 'netlink openings')
}

describe('the plugin netlink with watch: socketOps', () => {
  it('tags a connection between two looks, by its user, until it ends', async () => {
    await using flowd = await flowdIn(left, { destinationPorts: [PORT] })
    const [root, other] = [new Connections(left), new Connections(left, undefined, OTHER_USER)]
    await other.tell('open', 'other', HERE, 40_002, THERE, PORT)
    await root.tell('open', 'root', HERE, 40_001, THERE, PORT)
    await expect.poll(() => flows(flowd), PATIENCE).toEqual([40_001])
    expect((await flowd.control.flows())[0]).toMatchObject({ experiment: 3, activity: 14, origin: 'netlink' })
    await root.tell('reset', 'root')
    await expect.poll(() => flows(flowd), PATIENCE).toEqual([])
    await expect.poll(async () => (await stage(flowd))?.received ?? 0, PATIENCE).toBeGreaterThanOrEqual(2)
    expect(await flowd.stop()).toBe(0)
  })

  it('tags what a program of this host accepts', async () => {
    await using flowd = await flowdIn(right, { sourcePorts: [PORT] })
    const client = new Connections(left)
    await client.tell('open', 'one', HERE, 40_011, THERE, PORT)
    await expect.poll(() => flows(flowd), PATIENCE).toEqual([PORT])
    expect((await flowd.control.flows())[0]).toMatchObject({ destination: `[${HERE}]:40011` })
  })

  it('tags a new connection that has the addresses and ports of one that is gone', async () => {
    await using flowd = await flowdIn(left, { destinationPorts: [PORT] })
    const client = new Connections(left)
    for (const name of ['first', 'second', 'third']) {
      await client.tell('open', name, HERE, 40_021, THERE, PORT)
      await expect.poll(() => flows(flowd), PATIENCE).toEqual([40_021])
      await client.tell('reset', name)
      await expect.poll(() => flows(flowd), PATIENCE).toEqual([])
    }
  })

  it('says what it lacks', async () => {
    await using flowd = new FlowdProcess({
      configuration: { plugins: { netlink: { watch: 'socketOps' } } },
      spawn: left.spawn,
      prefix: ['setpriv', '--inh-caps=-all', '--bounding-set=-all'],
    })
    expect(await flowd.ended()).toBe(78)
    expect(flowd.stderr).toMatch(/^error CAPABILITY_MISSING: .*netlink with watch: socketOps.*CAP_BPF/m)
  })
})
