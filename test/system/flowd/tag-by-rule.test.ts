import { basename } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { decodeFlowLabel } from '../../../src/scitags/index.ts'
import { FlowdProcess } from '../../support/flowd/flowd-process.ts'
import { LabelWatch } from '../../support/flowd/label-watch.ts'
import { Laboratory, type TestNamespace } from '../../support/namespace.ts'
import { TestCgroup } from '../../support/sock-ops/cgroup.ts'
import { Connections } from '../../support/sock-ops/connections.ts'

const [LEFT, RIGHT] = ['2001:db8:1::1', '2001:db8:1::2']
const UID = 12_345
const PATIENCE = { timeout: 20_000, interval: 100 }

const laboratory = new Laboratory()
let left: TestNamespace
let right: TestNamespace
let cgroup: TestCgroup
let peer: Connections
let ofUser: Connections
let ofCgroup: Connections

beforeAll(async () => {
  const namespaces = laboratory.pair()
  left = namespaces.left
  right = namespaces.right
  cgroup = new TestCgroup()
  peer = new Connections(right)
  for (const port of [5201, 5202]) await peer.tell('listen', '::', port)
  ofUser = new Connections(left, undefined, UID)
  ofCgroup = new Connections(left, cgroup)
})
afterAll(async () => {
  await laboratory.close()
  cgroup.remove()
})

/** flowd on the left, which sees the cgroups of the host. */
function flowdWith(configuration: object): FlowdProcess {
  return new FlowdProcess({
    configuration,
    spawn: left.enter,
  })
}

function tagging(...rules: object[]) {
  return {
    plugins: { netlink: { period: 200, privateDestinations: true, rules } },
    backends: { marker: { targetInterfaces: ['eth0'] } },
  }
}

async function open(connections: Connections, name: string, port = 5201, address = RIGHT): Promise<number> {
  return Number(await connections.tell('open', name, address === RIGHT ? LEFT : '192.0.2.1', 0, address, port))
}

const portOf = (source: string) => Number(source.split(':').at(-1))

/** The live flows as `PORT EXPERIMENT ACTIVITY`. */
async function flowsOf(flowd: FlowdProcess): Promise<string[]> {
  const flows = await flowd.control.flows()
  return flows.map(({ source, experiment, activity }) => `${portOf(source)} ${experiment} ${activity}`).sort()
}

async function expectFlows(flowd: FlowdProcess, ...expected: string[]): Promise<void> {
  await expect.poll(() => flowsOf(flowd), PATIENCE).toEqual(expected.sort())
}

describe('flowd with the plugin netlink', () => {
  const USER_RULE = { user: UID, destinationPorts: ['5201'], experiment: 'atlas', activity: 16 }
  const cgroupRule = () => ({ cgroup: basename(cgroup.path), experiment: 'cms', activity: 'data-challenge' })

  it('tags connections that are there and new ones by user, cgroup and port, and ends them with their sockets', async () => {
    const before = await open(ofUser, 'before')
    await open(ofUser, 'other-port', 5202)
    await using flowd = await flowdWith(tagging(USER_RULE, cgroupRule())).ready()
    await expectFlows(flowd, `${before} 2 16`)

    using seen = new LabelWatch(right, 'eth0')
    const [after, other] = [await open(ofUser, 'after'), await open(ofCgroup, 'cgroup')]
    const v4 = await open(ofCgroup, 'v4', 5201, '192.0.2.2')
    await expectFlows(flowd, `${before} 2 16`, `${after} 2 16`, `${other} 3 4`, `${v4} 3 4`)
    for (const [connections, name, port, experiment, activity] of [
      [ofUser, 'before', before, 2, 16],
      [ofUser, 'after', after, 2, 16],
      [ofCgroup, 'cgroup', other, 3, 4],
    ] as const) {
      const packet = seen.next(({ sourcePort, payloadBytes }) => sourcePort === port && payloadBytes > 0)
      await connections.tell('send', name, 100)
      const { flowLabel } = await packet
      expect(decodeFlowLabel(flowLabel)).toMatchObject({ experiment, activity })
    }

    await ofUser.tell('reset', 'before')
    await ofCgroup.tell('end', 'v4')
    await expectFlows(flowd, `${after} 2 16`, `${other} 3 4`)
    await ofUser.tell('reset-all')
    await ofCgroup.tell('reset-all')
    await expectFlows(flowd)
    expect(flowd.stderr).not.toMatch(/warn|error/i)
  })

  it('takes its own end for the source of a connection that others opened, with the user and cgroup that serve it', async () => {
    await ofUser.tell('listen', LEFT, 5401)
    await ofCgroup.tell('listen', LEFT, 5402)
    await using flowd = await flowdWith(tagging({ ...USER_RULE, destinationPorts: ['1-65535'] }, cgroupRule())).ready()
    for (const port of [5401, 5402]) await peer.tell('open', String(port), RIGHT, 0, LEFT, port)
    await expectFlows(flowd, '5401 2 16', '5402 3 4')
    await peer.tell('reset-all')
    await expectFlows(flowd)
  })

  it('keeps the flows of unchanged rules over a reload, and ends the others', async () => {
    const [user, group] = [await open(ofUser, 'user'), await open(ofCgroup, 'group')]
    await using flowd = await flowdWith(tagging(USER_RULE, cgroupRule())).ready()
    await expectFlows(flowd, `${user} 2 16`, `${group} 3 4`)
    const [kept] = (await flowd.control.flows()).filter(({ source }) => portOf(source) === user)

    flowd.configure(tagging(USER_RULE, { ...cgroupRule(), activity: 5 }))
    await flowd.control.reload()
    await expectFlows(flowd, `${user} 2 16`, `${group} 3 5`)
    flowd.configure(tagging(USER_RULE))
    await flowd.control.reload()
    await expectFlows(flowd, `${user} 2 16`)
    expect(await flowd.control.flows()).toEqual([kept])

    flowd.configure({ backends: tagging().backends })
    await flowd.control.reload()
    await expectFlows(flowd)
    await ofUser.tell('reset-all')
    await ofCgroup.tell('reset-all')
  })

  it('forgets at a start the flows of a plugin that is off now', async () => {
    const user = await open(ofUser, 'user')
    await using flowd = await flowdWith(tagging(USER_RULE)).ready()
    await expectFlows(flowd, `${user} 2 16`)
    await flowd.stop('SIGKILL')
    await using next = new FlowdProcess({
      folder: flowd.folder,
      configuration: {},
      spawn: left.enter,
    })
    await next.ready()
    expect(await flowsOf(next)).toEqual([])
    await next.stop()
    await ofUser.tell('reset-all')
  })

  it('refuses rules that cannot be meant, and names them', async () => {
    const refusals: [object, string][] = [
      [{ experiment: 'cms', activity: 'no-such' }, 'plugins.netlink.rules[0].activity: '],
      [{ experiment: 'nobody', activity: 1 }, 'plugins.netlink.rules[0].experiment: '],
      [{ experiment: 1, activity: 64 }, 'plugins.netlink.rules[0].activity: '],
      [{ experiment: 1, activity: 1, user: 'nobody-knows-me' }, 'plugins.netlink.rules[0].user cannot be used'],
    ]
    for (const [rule, words] of refusals) {
      await using flowd = flowdWith(tagging(rule))
      expect(await flowd.ended()).toBe(78)
      expect(flowd.stderr).toContain(words)
    }
  })
})
