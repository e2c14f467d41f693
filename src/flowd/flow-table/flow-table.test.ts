import { setImmediate as turn } from 'node:timers/promises'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { endEvent, startEvent, tuple } from '../../../test/support/flowd/flows.ts'
import { socketRecord } from '../../../test/support/flowd/socket-records.ts'
import { StageAccount } from '../../common/index.ts'
import { decodeFlowLabel, everyFlow, flowKey } from '../../scitags/index.ts'
import type { FlowChange } from '../flow.ts'
import { type DeathFollower, FlowTable, FlowWatch, noSocketDeaths, type SocketVerdict } from './index.ts'

function tableOf(maxFlows = 100, also: (change: FlowChange) => void = () => undefined) {
  const changes: FlowChange[] = []
  let clock = 1_000_000
  const nowUs = () => (clock += 1000)
  const onChange = (change: FlowChange) => {
    changes.push(change)
    also(change)
  }
  const table = new FlowTable({ maxFlows, application: 'tidemark-1', onChange, nowUs })
  const take = () => changes.splice(0).map(change => (change.kind === 'end' ? change.reason : change.kind))
  return { table, changes, take }
}

describe('FlowTable', () => {
  it('starts once, and remembers label and start time to the end', () => {
    const { table, changes } = tableOf()
    expect(table.apply(startEvent(1))).toBe('started')
    expect(table.apply(startEvent(1, { startTimeUs: 5 }))).toBe('repeated')
    expect(table.apply(endEvent(1))).toBe('ended')
    expect(changes.map(({ kind }) => kind)).toEqual(['start', 'end'])
    const [start, end] = changes
    expect(end?.flow).toMatchObject({ startTimeUs: 1_001_000, endTimeUs: 1_002_000, application: 'tidemark-1' })
    expect(end?.flow.label).toBe(start?.flow.label)
    expect(decodeFlowLabel(start?.flow.label ?? 0)).toMatchObject({ experiment: 3, activity: 14 })
    expect(table.size).toBe(0)
  })

  it('hands on what else an event told of a flow, and keeps none of it', () => {
    const { table, changes } = tableOf()
    const blocks = { netlink: { rtt: 1 } }
    table.apply(startEvent(1, { blocks }))
    table.apply(endEvent(1, { blocks }))
    table.apply(endEvent(2, { blocks, startTimeUs: 1 }))
    table.apply(startEvent(3))
    expect(changes.map(change => 'blocks' in change && change.blocks)).toEqual([blocks, blocks, blocks, false])
    expect(changes.every(({ flow }) => !('blocks' in flow))).toBe(true)
  })

  it('gives the same 5-tuple the same label again', () => {
    const labels = [1, 2].map(() => {
      const { table, changes } = tableOf()
      table.apply(startEvent(7))
      return changes[0]?.flow.label
    })
    expect(labels[0]).toBe(labels[1])
  })

  it('gives a label the entropy of another key where an event asks for it', () => {
    const { table, changes } = tableOf()
    table.apply(startEvent(1))
    for (const port of [2, 3]) table.apply(startEvent(port, { entropyKey: changes[0]?.flow.key ?? '' }))
    expect(new Set(changes.map(({ flow }) => flow.label)).size).toBe(1)
  })

  it('tells flows apart by every part of the 5-tuple', () => {
    const { table } = tableOf()
    const flow = tuple(1)
    table.apply(startEvent(1))
    table.apply(startEvent(1, { flow: { ...flow, protocol: 'udp' } }))
    table.apply(startEvent(1, { flow: tuple(1, '2001:db8::3') }))
    table.apply(startEvent(1, { flow: tuple(1, '2001:db8::1', '2001:db8::3') }))
    table.apply(startEvent(1, { flow: { ...flow, destination: { ...flow.destination, port: 1 } } }))
    table.apply(startEvent(2))
    expect(table.size).toBe(6)
  })

  it('ends the old flow when other ids start, and starts anew', () => {
    const { table, take } = tableOf()
    table.apply(startEvent(1))
    expect(table.apply(startEvent(1, { activity: 15 }))).toBe('replaced')
    expect(take()).toEqual(['start', 'replaced', 'start'])
    expect(table.size).toBe(1)
  })

  it('has one end, however often and late it is told', () => {
    const { table, changes, take } = tableOf()
    const socketDies = (port: number) => {
      const live = table.live(flowKey(tuple(port)))
      if (live !== undefined) table.end(live, 'socket')
    }
    table.apply(startEvent(1, { startTimeUs: 10 }))
    socketDies(1)
    expect(table.apply(endEvent(1, { startTimeUs: 10, endTimeUs: 20 }))).toBe('late')
    expect(table.apply(endEvent(1))).toBe('late')
    expect(table.apply(startEvent(1, { state: 'ongoing', startTimeUs: 10 }))).toBe('late')
    expect(take()).toEqual(['start', 'socket'])
    table.apply(startEvent(2, { startTimeUs: 10 }))
    table.apply(endEvent(2, { endTimeUs: 20 }))
    expect(table.apply(endEvent(2, { startTimeUs: 10, endTimeUs: 20 }))).toBe('late')
    expect(table.apply(endEvent(2))).toBe('unknown-end')
    // Another flow between the same ends, of which only the end is told; and the first, which goes on after a restart.
    expect(table.apply(endEvent(2, { startTimeUs: 20, endTimeUs: 30 }))).toBe('past')
    expect(table.apply(endEvent(2, { startTimeUs: 20, endTimeUs: 30 }))).toBe('late')
    expect(table.apply(startEvent(2, { startTimeUs: 10 }))).toBe('started')
    expect(changes.map(({ kind }) => kind)).toEqual(['start', 'end', 'end', 'start'])
  })

  it('goes on when it was silent, and is heard of again', () => {
    const { table } = tableOf()
    table.apply(startEvent(1, { startTimeUs: 10 }))
    const live = table.live(flowKey(tuple(1)))
    if (live !== undefined) table.end(live, 'silence')
    expect(table.apply(startEvent(1, { state: 'ongoing', startTimeUs: 10 }))).toBe('started')
  })

  it('is ended by another host only where nobody here told of the flow', () => {
    const toldBy = { address: '2001:db8::2', atEnd: true }
    const { table, changes } = tableOf()
    table.apply(startEvent(1))
    expect(table.apply(endEvent(1, { toldBy }))).toBe('foreign-end')
    expect(table.apply(endEvent(1))).toBe('ended')
    table.apply(startEvent(2, { toldBy }))
    expect(table.apply(endEvent(2, { toldBy }))).toBe('ended')
    table.apply(startEvent(3, { toldBy }))
    table.apply(startEvent(3))
    expect(table.apply(endEvent(3, { toldBy }))).toBe('foreign-end')
    expect(changes.map(({ kind, flow }) => `${kind} ${flow.toldBy?.address}`)).toEqual([
      'start undefined',
      'end undefined',
      'start 2001:db8::2',
      'end 2001:db8::2',
      'start undefined',
    ])
  })

  it('says who had a flow replaced, so that they are not told of it', () => {
    const toldBy = { address: '2001:db8::2', atEnd: true }
    const { table, changes } = tableOf()
    table.apply(startEvent(1))
    table.apply(startEvent(1, { activity: 15, toldBy }))
    expect(changes[1]).toMatchObject({ kind: 'end', reason: 'replaced', toldBy })
  })

  it('announces an end without start only if it says when the flow began', () => {
    const { table, changes, take } = tableOf()
    expect(table.apply(endEvent(1))).toBe('unknown-end')
    expect(changes).toEqual([])
    expect(table.apply(endEvent(1, { startTimeUs: 1, endTimeUs: 2 }))).toBe('past')
    expect(changes[0]?.flow).toMatchObject({ startTimeUs: 1, endTimeUs: 2 })
    expect(take()).toEqual(['event'])
  })

  it('takes what an event knows: times, usage, application', () => {
    const { table, changes } = tableOf()
    table.apply(startEvent(1, { startTimeUs: 10, application: 'xrootd' }))
    const usage = { receivedBytes: 1, sentBytes: 2 }
    expect(table.apply(startEvent(1, { state: 'ongoing', usage }))).toBe('ongoing')
    table.apply(endEvent(1, { endTimeUs: 20 }))
    expect(changes.map(({ kind }) => kind)).toEqual(['start', 'ongoing', 'end'])
    expect(changes[2]?.flow).toMatchObject({ startTimeUs: 10, endTimeUs: 20, application: 'xrootd', usage })
  })

  it('starts a flow that is first heard of when it is under way', () => {
    const { table, take } = tableOf()
    expect(table.apply(startEvent(1, { state: 'ongoing', startTimeUs: 10 }))).toBe('started')
    expect(take()).toEqual(['start'])
  })

  it('gives no label to ids that do not fit one', () => {
    const { table, changes } = tableOf()
    table.apply(startEvent(1, { experiment: 600 }))
    expect(changes[0]?.flow).toMatchObject({ experiment: 600, label: undefined })
  })

  it('refuses a start beyond its size, but not the replacing of a flow', () => {
    const { table } = tableOf(1)
    table.apply(startEvent(1))
    expect(table.apply(startEvent(2))).toBe('table-full')
    expect(table.apply(startEvent(1, { activity: 1 }))).toBe('replaced')
    expect(table.size).toBe(1)
  })

  it('tells each flow’s life in order: one start, one end, none left over', () => {
    const event = fc.record(
      {
        state: fc.constantFrom('start' as const, 'end' as const, 'ongoing' as const),
        activity: fc.nat(2),
        startTimeUs: fc.nat(),
      },
      { requiredKeys: ['state', 'activity'] },
    )
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(4), event), { maxLength: 60 }), events => {
        const { table, changes } = tableOf(4)
        for (const [port, change] of events) table.apply(startEvent(port, change))
        for (const flow of table.flows()) table.end(flow, 'shutdown')
        const live = new Set<object>()
        for (const change of changes) {
          if (change.kind === 'start') live.add(change.flow)
          else if (change.kind === 'ongoing') expect(live.has(change.flow)).toBe(true)
          else if (!live.delete(change.flow)) expect(change.kind === 'end' && change.reason).toBe('event')
        }
        expect(live.size).toBe(0)
        expect(table.size).toBe(0)
      }),
      { numRuns: 2000 },
    )
  })
})

describe('FlowWatch', () => {
  function watched(silenceLimitMs: number, { sliceLength = 100, lastWordsMs = 0 } = {}) {
    let onChange: (change: FlowChange) => void = () => undefined
    const { table, changes, take } = tableOf(100, change => onChange(change))
    const verdicts = new Map<number, SocketVerdict>()
    let probes = 0
    const probe = ({ source }: { source: { port: number } }) => {
      probes += 1
      return verdicts.get(source.port) ?? 'gone'
    }
    const account = new StageAccount()
    let follower: DeathFollower | undefined
    const followDeaths = (one: DeathFollower) => {
      follower = one
      return () => (follower = undefined)
    }
    const times = { periodMs: 1e6, lastWordsMs, newSocketMs: 20 }
    const watch = new FlowWatch({ table, probe, silenceLimitMs, sliceLength, followDeaths, account, ...times })
    onChange = change => watch.handle(change)
    return { table, changes, take, verdicts, watch, account, probes: () => probes, follower: () => follower }
  }

  /** A socket that died between the ends of flow `port`. */
  function dead(port: number) {
    const { source, destination } = tuple(port)
    return socketRecord(source, destination, { bytesSent: 12, bytesRetrans: 2, bytesReceived: 5 })
  }

  const ports = (table: FlowTable) => Array.from(table.flows(), flow => flow.tuple.source.port)

  it('ends a flow whose socket was seen and is gone, not one whose socket never was', () => {
    const { table, take, verdicts, watch } = watched(1e9)
    table.apply(startEvent(1))
    table.apply(startEvent(2))
    verdicts.set(1, 'alive')
    watch.look()
    expect(take()).toEqual(['start', 'start'])
    verdicts.set(1, 'unknown')
    watch.look()
    expect(take()).toEqual([])
    verdicts.set(1, 'gone')
    watch.look()
    expect(take()).toEqual(['socket'])
    expect(ports(table)).toEqual([2])
  })

  it('ends a flow of which nothing was heard, but never one whose socket lives', () => {
    const { table, take, verdicts, watch } = watched(0)
    table.apply(startEvent(1))
    table.apply(startEvent(2))
    table.apply(startEvent(3))
    verdicts.set(2, 'alive')
    verdicts.set(3, 'unknown')
    watch.look()
    expect(take()).toEqual(['start', 'start', 'start', 'silence', 'silence'])
    expect(ports(table)).toEqual([2])
  })

  it('never ends a flow that stands for every packet', () => {
    const { table, take, watch, probes } = watched(0)
    table.apply(startEvent(1, { flow: everyFlow('tcp') }))
    watch.look()
    expect(take()).toEqual(['start'])
    expect(probes()).toBe(0)
  })

  it('goes round a large table in slices', () => {
    const { table, watch, probes } = watched(1e9, { sliceLength: 10 })
    for (let port = 1; port <= 25; port += 1) table.apply(startEvent(port))
    for (const expected of [10, 20, 25, 35]) {
      watch.look()
      expect(probes()).toBe(expected)
    }
  })

  it('looks by itself between start and stop', async () => {
    const { table, take } = tableOf()
    table.apply(startEvent(1))
    const [account, followDeaths] = [new StageAccount(), noSocketDeaths]
    const watch = new FlowWatch({
      table,
      probe: () => 'unknown',
      followDeaths,
      account,
      silenceLimitMs: 0,
      periodMs: 1,
    })
    await watch.start()
    await expect.poll(take).toContain('silence')
    await watch.stop()
    await watch.stop()
  })

  it('ends a flow when the death of its socket is told, with its last totals', async () => {
    const { table, changes, watch, account, follower } = watched(1e9)
    await watch.start()
    for (const port of [1, 2]) table.apply(startEvent(port))
    follower()?.onDeath('tcp', dead(1))
    follower()?.onDeath('tcp', dead(99))
    follower()?.onDeath('udp', dead(2))
    // Others that hear of it come first.
    expect(changes.map(({ kind }) => kind)).toEqual(['start', 'start'])
    await turn()
    expect(changes.at(-1)).toMatchObject({ kind: 'end', reason: 'socket' })
    expect(changes.at(-1)?.flow.usage).toEqual({ sentBytes: 10, receivedBytes: 5 })
    expect(ports(table)).toEqual([2])
    expect([account.received, account.passed]).toEqual([3, 3])
    await watch.stop()
    expect(follower()).toBeUndefined()
  })

  it('waits a moment for the last totals of a socket that it finds gone before its death is told', async () => {
    const { table, changes, verdicts, watch, follower } = watched(1e9, { lastWordsMs: 50 })
    await watch.start()
    verdicts.set(1, 'alive')
    for (const port of [1, 2]) table.apply(startEvent(port))
    watch.look()
    verdicts.set(1, 'gone')
    for (const flow of table.flows()) flow.socketSeen = true
    watch.look()
    follower()?.onDeath('tcp', dead(1))
    await turn()
    expect(changes.at(-1)).toMatchObject({ kind: 'end', flow: { usage: { sentBytes: 10, receivedBytes: 5 } } })
    expect(ports(table)).toEqual([2])
    await expect.poll(() => ports(table)).toEqual([])
    await watch.stop()
  })

  it('ends a flow that is told of a moment after its socket has died, with its totals, unless there is a new one', async () => {
    const { table, changes, verdicts, watch, follower } = watched(1e9)
    await watch.start()
    for (const port of [1, 2]) follower()?.onDeath('tcp', dead(port))
    verdicts.set(2, 'alive')
    for (const port of [1, 2, 3]) table.apply(startEvent(port))
    expect(ports(table)).toEqual([1, 2, 3])
    await expect.poll(() => ports(table)).toEqual([2, 3])
    expect(changes.at(-1)).toMatchObject({ reason: 'socket', flow: { usage: { sentBytes: 10, receivedBytes: 5 } } })
    verdicts.set(2, 'gone')
    await watch.stop()
    expect(ports(table)).toEqual([2, 3])
  })

  it('keeps a flow whose 5-tuple another socket has taken over, and one that ended and began anew', async () => {
    const { table, take, verdicts, watch, follower } = watched(1e9)
    await watch.start()
    verdicts.set(1, 'alive')
    table.apply(startEvent(1))
    table.apply(startEvent(2))
    for (const port of [1, 2]) follower()?.onDeath('tcp', dead(port))
    table.apply(endEvent(2))
    table.apply(startEvent(2))
    await turn()
    expect(take()).toEqual(['start', 'start', 'event', 'start'])
    await watch.stop()
  })

  /** Sockets whose death does not name the 5-tuple. */
  describe('and a socket without a peer', () => {
    async function follow() {
      const { table, watch, follower, take } = watched(1e9)
      await watch.start()
      const start = (port: number, destination: string, protocol: 'tcp' | 'udp') => {
        const flow = { ...tuple(port, '2001:db8::1', destination), protocol }
        table.apply(startEvent(port, { flow }))
      }
      const die = async (protocol: 'tcp' | 'udp', address: string, port: number, peer: string) => {
        follower()?.onDeath(protocol, socketRecord({ address, port }, { address: peer, port: 0 }))
        await turn()
        return take()
      }
      return { table, watch, start, die, take }
    }

    it('ends the UDP flows of one that was not connected', async () => {
      const { table, watch, start, die, take } = await follow()
      start(1, '2001:db8::2', 'udp')
      start(1, '2001:db8::3', 'udp')
      start(2, '2001:db8::2', 'udp')
      take()
      expect(await die('udp', '2001:db8::9', 1, '::')).toEqual([])
      expect(await die('tcp', '::', 1, '2001:db8::2')).toEqual([])
      expect(await die('udp', '::', 1, '::')).toEqual(['socket', 'socket'])
      expect(await die('udp', '2001:db8::1', 2, '::')).toEqual(['socket'])
      expect(table.size).toBe(0)
      await watch.stop()
    })

    it('ends the TCP flow of one that was torn down by a reset', async () => {
      const { table, watch, start, die, take } = await follow()
      start(1, '2001:db8::2', 'tcp')
      start(1, '2001:db8::3', 'tcp')
      take()
      // A listener.
      expect(await die('tcp', '::', 1, '::')).toEqual([])
      expect(await die('tcp', '::', 1, '2001:db8::2')).toEqual(['socket'])
      expect(Array.from(table.flows(), flow => flow.tuple.destination.address)).toEqual(['2001:db8::3'])
      await watch.stop()
    })
  })

  it('looks at the whole table when deaths were missed', async () => {
    const { table, verdicts, watch, account, follower } = watched(1e9, { sliceLength: 1 })
    await watch.start()
    for (let port = 1; port <= 50; port += 1) {
      table.apply(startEvent(port))
      const flow = table.live(flowKey(tuple(port)))
      if (flow !== undefined) flow.socketSeen = true
    }
    verdicts.set(7, 'alive')
    follower()?.onMissed(12)
    await expect.poll(() => ports(table)).toEqual([7])
    expect([account.received, account.passed, account.dropped('overrun')]).toEqual([12, 0, 12])
    await watch.stop()
  })
})
