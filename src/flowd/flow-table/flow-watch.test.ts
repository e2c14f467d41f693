import { setImmediate as turn } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { endEvent, startEvent, tuple } from '../../../test/support/flowd/flows.ts'
import { socketRecord } from '../../../test/support/flowd/socket-records.ts'
import { toldTable } from '../../../test/support/flowd/told-table.ts'
import { StageAccount } from '../../common/index.ts'
import { everyFlow, flowKey } from '../../scitags/index.ts'
import type { FlowChange } from '../flow.ts'
import { type DeathFollower, type FlowTable, FlowWatch, noSocketDeaths, type SocketVerdict } from './index.ts'

describe('FlowWatch', () => {
  function watched(silenceLimitMs: number, { sliceLength = 100, lastWordsMs = 0 } = {}) {
    let onChange: (change: FlowChange) => void = () => undefined
    const { table, changes, take } = toldTable(100, change => onChange(change))
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
    const times = { periodMs: 1e6, lastWordsMs, newSocketMs: 20, endGraceMs: 50 }
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
    const { table, take } = toldTable()
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

  it('waits for the end that a program tells after the socket has died, and then for no longer', async () => {
    const { table, changes, take, watch, follower } = watched(1e9)
    await watch.start()
    for (const port of [1, 2, 3]) table.apply(startEvent(port, { awaitEnd: port !== 3, startTimeUs: 10 }))
    for (const port of [1, 2, 3]) follower()?.onDeath('tcp', dead(port))
    await turn()
    expect(ports(table)).toEqual([1, 2])
    const goneUs = [...table.flows()].map(flow => flow.socketGoneUs)
    const blocks = { 'storage-stats': { 'read-bw': 1 } }
    const usage = { sentBytes: 7, receivedBytes: 7 }
    expect(table.apply(endEvent(1, { startTimeUs: 10, blocks, usage }))).toBe('ended')
    expect(changes.at(-1)).toMatchObject({ reason: 'event', blocks, flow: { usage, endTimeUs: goneUs[0] } })
    await expect.poll(() => table.size).toBe(0)
    expect(changes.at(-1)).toMatchObject({ reason: 'socket', flow: { endTimeUs: goneUs[1] } })
    expect(changes.at(-1)?.flow.usage).toEqual({ sentBytes: 10, receivedBytes: 5 })
    take()
    // Another connection between the same ends is another flow.
    table.apply(startEvent(4, { awaitEnd: true }))
    follower()?.onDeath('tcp', dead(4))
    await turn()
    table.apply(startEvent(4, { awaitEnd: true }))
    expect(take()).toEqual(['start', 'socket', 'start'])
    follower()?.onDeath('tcp', dead(4))
    await turn()
    await watch.stop()
    expect(take()).toEqual(['socket'])
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
