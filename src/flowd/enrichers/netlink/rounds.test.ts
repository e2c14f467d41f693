import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Connection, Connections } from '../../../../test/support/flowd/connections.ts'
import { flowOf, startEvent } from '../../../../test/support/flowd/flows.ts'
import { countSockets, prepareLookup, SocketLookups, type SocketRecord, SocketTable } from '../../../linux/index.ts'
import type { Flow } from '../../flow.ts'
import { Cost } from './cost.ts'
import { DumpRound } from './dump-round.ts'
import type { FollowedFlow } from './followed-flow.ts'
import { LookupRound, type Round } from './lookup-round.ts'

describe('rounds over real sockets', () => {
  const [table, lookups] = [SocketTable.open(), SocketLookups.open()]
  const opened: Connection[] = []
  let connections: Connections
  beforeAll(async () => {
    connections = await Connections.listen()
    for (let index = 0; index < 100; index += 1) {
      opened.push(await connections.open(index % 2 === 0 ? '::1' : '127.0.0.1'))
    }
  })
  afterAll(() => {
    connections.close()
    lookups.close()
    table.close()
  })

  /** The other end's flow: on a server's port, of which there are many. */
  const reversed = ({ tuple }: Flow) =>
    flowOf(startEvent(1, { flow: { ...tuple, source: tuple.destination, destination: tuple.source } }))
  const follow = ({ key, tuple }: Flow): FollowedFlow => ({
    key,
    lookup: prepareLookup(tuple, 255),
    last: undefined,
    isMissed: false,
    hasEnded: false,
  })

  function runThrough(make: (onFound: (flow: FollowedFlow, socket: SocketRecord | undefined) => void) => Round) {
    const found = new Map<string, SocketRecord | undefined>()
    const round = make((flow, socket) => {
      expect(found.has(flow.key)).toBe(false)
      found.set(flow.key, socket)
    })
    let steps = 0
    while (round.step()) steps += 1
    expect(round.step()).toBe(false)
    return { found, steps, expected: round.steps }
  }

  it.each(['lookups', 'a dump'])('find by %s every flow’s own socket, once, and none for others', way => {
    const flows = opened.flatMap(({ flow }) => [follow(flow), follow(reversed(flow))])
    const absent = follow(flowOf(startEvent(1)))
    const all = [...flows, absent]
    const { found, steps, expected } = runThrough(onFound => {
      const lookUp = (some: readonly FollowedFlow[]) => new LookupRound(some, lookups, new Cost(1), onFound)
      if (way === 'lookups') return lookUp(all)
      const queries = (['ipv4', 'ipv6'] as const).map(family => ({ family, protocol: 'tcp' as const, states: 1 << 1 }))
      return new DumpRound({ table, queries, expected: 200, cost: new Cost(1), onFound }, all, lookUp)
    })
    expect(found.size).toBe(201)
    expect(found.get(absent.key)).toBeUndefined()
    for (const { key, lookup } of flows) {
      const socket = found.get(key)
      expect(socket?.local).toEqual(lookup.tuple.source)
      expect(socket?.remote).toEqual(lookup.tuple.destination)
      expect(socket?.tcpInfo?.state).toBe(1)
    }
    if (way === 'lookups') expect([steps, expected]).toEqual([4, 4])
  })

  it('know about how many sockets there are', () => {
    expect(countSockets('tcp')).toBeGreaterThanOrEqual(200)
    expect(countSockets('udp')).toBeGreaterThanOrEqual(0)
  })

  it('keep what was found when more is read', () => {
    const [first] = lookups.find([follow(opened[0]!.flow).lookup])
    const local = first?.local
    for (let round = 0; round < 20; round += 1) lookups.find(opened.slice(0, 64).map(({ flow }) => follow(flow).lookup))
    expect(first?.local).toEqual(local)
    expect(() => lookups.find(opened.map(({ flow }) => follow(flow).lookup))).toThrow(RangeError)
  })
})

describe('Cost', () => {
  it('believes a lower cost at once and a higher one slowly', () => {
    const cost = new Cost(1e9)
    const spin = (ms: number) => () => {
      for (const endMs = performance.now() + ms; performance.now() < endMs; );
      return 10
    }
    cost.measure(() => 0)
    expect(cost.us).toBe(1e9)
    cost.measure(spin(5))
    const low = cost.us
    expect(low).toBeLessThan(10_000)
    cost.measure(spin(100))
    expect(cost.us).toBeLessThan(low + 2000)
  })
})
