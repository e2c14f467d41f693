import { execFileSync } from 'node:child_process'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { FlowEvent } from '../../../src/flowd/event.ts'
import { FlowTable } from '../../../src/flowd/flow-table/index.ts'
import { Iperf3 } from '../../../src/flowd/plugins/iperf3/iperf3.ts'
import type { Iperf3Options } from '../../../src/flowd/plugins/iperf3/options.ts'
import { describePlugin } from '../../support/flowd/plugin-conformance.ts'
import { unitContext } from '../../support/flowd/unit-context.ts'
import { Laboratory, type TestNamespace } from '../../support/namespace.ts'
import { TestCgroup } from '../../support/sock-ops/cgroup.ts'
import { Connections } from '../../support/sock-ops/connections.ts'

const PORT = 5777
const laboratory = new Laboratory()
let namespace: TestNamespace
let cgroup: TestCgroup
let clients: Connections

beforeAll(async () => {
  namespace = laboratory.namespace()
  for (const address of ['2001:db8::1/128', '2001:db8::2/128', '192.0.2.1/32', '192.0.2.2/32']) {
    namespace.exec('ip', 'address', 'add', address, 'dev', 'lo')
  }
  cgroup = new TestCgroup()
  clients = new Connections(namespace, cgroup)
  await new Connections(namespace).tell('listen', '::', PORT)
})
afterAll(async () => {
  await laboratory.close()
  cgroup.remove()
})

function options(change: Partial<Iperf3Options> = {}): Iperf3Options {
  return {
    minSourcePort: 0,
    maxSourcePort: 0,
    minDestinationPort: 0,
    maxDestinationPort: 0,
    experimentIDs: [3, 2],
    activityIDs: [14, 14],
    randomIDs: false,
    cgroupPath: cgroup.path,
    programPath: '',
    debugMode: false,
    ...change,
  }
}

describe('conformance', () => {
  // A connection whose end the kernel will tell of, though nobody who watches now saw it open.
  beforeEach(async () => {
    await clients.tell('reset-all')
    const earlier = new Iperf3(options(), unitContext())
    await earlier.start(() => undefined)
    await clients.tell('open', 'earlier', '2001:db8::1', 0, '2001:db8::2', PORT)
    await earlier.stop()
  })

  describePlugin('iperf3', {
    create: context => new Iperf3(options(), context),
    tell: async (_plugin, events) => {
      for (const { state, flow } of events) {
        const { source, destination } = flow
        const name = `${source.port}`
        if (state === 'end') await clients.tell('reset', name)
        else {
          await clients.tell('reset', name)
          await clients.tell('open', name, source.address, source.port, destination.address, destination.port)
        }
      }
    },
    tellNonsense: async () => void (await clients.tell('reset', 'earlier')),
    refusalCause: 'unknown-end',
    reach: async () => {
      const attached = execFileSync('bpftool', ['cgroup', 'show', cgroup.path], { encoding: 'utf8' })
      if (!attached.includes('tidemark_watch')) throw new Error('nothing watches the cgroup')
    },
  })
})

describe('what the kernel tells of connections', () => {
  let plugin: Iperf3
  let events: FlowEvent[]

  async function watch(change: Partial<Iperf3Options> = {}) {
    const context = unitContext()
    plugin = new Iperf3(options(change), context)
    events = []
    await plugin.start(event => events.push(event))
    return context
  }
  afterEach(async () => {
    await clients.tell('reset-all')
    await plugin.stop()
  })

  const told = () => events.map(({ state, experiment, activity }) => `${state} ${experiment} ${activity}`)
  const open = (name: string, port = 0) => clients.tell('open', name, '2001:db8::1', port, '2001:db8::2', PORT)

  it('has IPv6 and IPv4 ends, also of an IPv6 socket that carries IPv4', async () => {
    await watch()
    const v6 = Number(await open('v6'))
    const v4 = Number(await clients.tell('open', 'v4', '192.0.2.1', 0, '192.0.2.2', PORT))
    const mapped = Number(await clients.tell('open', 'mapped', '::ffff:192.0.2.1', 0, '::ffff:192.0.2.2', PORT))
    await expect.poll(() => events.length).toBe(3)
    const ends = (family: string, source: string, port: number, destination: string) => ({
      protocol: 'tcp',
      family,
      source: { address: source, port },
      destination: { address: destination, port: PORT },
    })
    expect(events.map(({ flow }) => flow)).toEqual([
      ends('ipv6', '2001:db8::1', v6, '2001:db8::2'),
      ends('ipv4', '192.0.2.1', v4, '192.0.2.2'),
      ends('ipv4', '192.0.2.1', mapped, '192.0.2.2'),
    ])
  })

  it('ends what it told of before a restart, with the ids that the flow had', async () => {
    await watch()
    const port = Number(await open('lasting'))
    await expect.poll(told).toEqual(['start 3 14'])
    const [started] = events
    await plugin.stop()
    const context = await watch({ experimentIDs: [2], activityIDs: [2] })
    const table = new FlowTable({ maxFlows: 10, application: 'test', onChange: () => undefined })
    if (started !== undefined) table.apply(started)
    Object.assign(context, { flows: table })
    await clients.tell('reset', 'lasting')
    await expect.poll(told).toEqual(['end 3 14'])
    expect(events[0]?.flow.source.port).toBe(port)
  })

  it('tells of connections from outside by their own ends', async () => {
    const server = new Connections(namespace, cgroup)
    await server.tell('listen', '2001:db8::2', PORT + 1)
    await watch()
    const port = Number(await clients.tell('open', 'in', '2001:db8::1', 0, '2001:db8::2', PORT + 1))
    await expect.poll(() => events.length).toBe(2)
    expect(events.map(({ flow }) => `${flow.source.port} ${flow.destination.port}`).sort()).toEqual(
      [`${PORT + 1} ${port}`, `${port} ${PORT + 1}`].sort(),
    )
    server.child.kill()
  })

  // V86, where an end has the ids of its own start.
  it('gives ids in turn, and each end those of its start', async () => {
    await watch({ experimentIDs: [1, 2, 3], activityIDs: [4, 5, 6] })
    for (const name of ['a', 'b', 'c', 'd']) await open(name)
    await clients.tell('end', 'b')
    await clients.tell('reset', 'a')
    await expect.poll(() => events.length).toBe(6)
    expect(told()).toEqual(['start 1 4', 'start 2 5', 'start 3 6', 'start 1 4', 'end 2 5', 'end 1 4'])
  })

  it('takes names of the registry, and draws pairs at random', async () => {
    await watch({ experimentIDs: ['cms', 'atlas'], activityIDs: ['perfSONAR', 63], randomIDs: true })
    for (let index = 0; index < 40; index += 1) await open(`random-${index}`)
    await expect.poll(() => events.length).toBe(40)
    expect(new Set(told())).toEqual(new Set(['start 3 2', 'start 2 63']))
  })

  it('counts what has a name that the registry does not know', async () => {
    const context = await watch({ experimentIDs: ['nobody', 'cms'], activityIDs: [1, 2] })
    for (const name of ['a', 'b']) await open(name)
    for (const name of ['a', 'b']) await clients.tell('end', name)
    await expect.poll(() => events.length).toBe(2)
    expect(told()).toEqual(['start 3 2', 'end 3 2'])
    expect(context.metrics.stage('plugin iperf3').dropped('ids')).toBe(2)
  })

  it('keeps to the port ranges, bounds included, on every call', async () => {
    await watch({ minSourcePort: 40_001, maxSourcePort: 40_002, minDestinationPort: PORT, maxDestinationPort: PORT })
    for (const port of [40_000, 40_001, 40_002, 40_003]) {
      await open(`${port}`, port)
      await clients.tell('reset', `${port}`)
    }
    await expect.poll(() => events.length).toBe(4)
    expect(events.map(({ state, flow }) => `${state} ${flow.source.port}`)).toEqual(
      [40_001, 40_002].flatMap(port => [`start ${port}`, `end ${port}`]),
    )
  })

  it('says nothing of a connection that is refused', async () => {
    const context = await watch()
    expect(await clients.tell('refused', '2001:db8::1', 0, '2001:db8::2', 1)).toBe('refused')
    await open('a')
    await expect.poll(() => events.length).toBe(1)
    await clients.tell('reset', 'a')
    await expect.poll(() => events.length).toBe(2)
    expect(context.metrics.stage('plugin iperf3').dropped()).toBe(0)
  })

  it('logs what the kernel told when debugMode is on', async () => {
    const context = await watch({ debugMode: true })
    await open('a')
    await expect.poll(() => context.lines.filter(({ level }) => level === 'debug')).toHaveLength(1)
    expect(context.lines.at(-1)).toMatchObject({ message: 'opened', fields: { protocol: 'tcp' } })
  })

  it('runs beside a second watcher: each is told of everything', async () => {
    const others: FlowEvent[] = []
    const second = new Iperf3(options(), unitContext())
    await watch()
    await second.start(event => others.push(event))
    await open('a')
    await clients.tell('end', 'a')
    await expect.poll(() => [events.length, others.length]).toEqual([2, 2])
    await second.stop()
  })
})

describe('a watcher that cannot start', () => {
  it.each<[string, Partial<Iperf3Options>, string]>([
    ['a folder that is no cgroup', { cgroupPath: '/tmp' }, 'CGROUP_INVALID'],
    ['the object of another program', { programPath: 'bpf/skops.bpf.o' }, 'BPF_OBJECT_INVALID'],
    ['no object', { programPath: '/does/not/exist.o' }, 'BPF_OBJECT_INVALID'],
  ])('says so with %s, and leaves nothing', async (_what, change, code) => {
    const plugin = new Iperf3(options(change), unitContext())
    await expect(plugin.start(() => undefined)).rejects.toMatchObject({ code, exitCode: 78 })
    await plugin.stop()
  })
})
