import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Connection, Connections } from '../../../../test/support/flowd/connections.ts'
import { flowOf, startEvent } from '../../../../test/support/flowd/flows.ts'
import { countSockets, prepareLookup, SocketLookups, type SocketRecord, SocketTable } from '../../../linux/index.ts'
import type { Flow } from '../../flow.ts'
import { Cost } from './cost.ts'
import { DumpRound } from './dump-round.ts'
import type { FollowedFlow } from './followed-flow.ts'
import { LookupRound, type Round } from './lookup-round.ts'
import { Pacer } from './pacer.ts'

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

describe('Pacer', () => {
  const fail = (error: unknown) => expect.unreachable(String(error))

  function rounds(steps: number, fails = false) {
    const times: number[] = []
    const round = (): Round => {
      let left = steps
      return {
        steps,
        step: () => {
          if (left === 0) return false
          left -= 1
          times.push(performance.now())
          if (fails) throw new Error('no')
          return true
        },
      }
    }
    return { times, round }
  }

  it('spreads the steps of a round over the period', async () => {
    const { times, round } = rounds(10)
    const pacer = new Pacer(300, round, fail)
    pacer.start()
    pacer.start()
    await expect.poll(() => times.length).toBeGreaterThanOrEqual(21)
    pacer.stop()
    const [first = 0, , , , , middle = 0] = times
    expect(middle - first).toBeGreaterThanOrEqual(140)
    // The next rounds begin when their period does.
    expect((times[10] ?? 0) - first).toBeGreaterThanOrEqual(290)
    expect((times[20] ?? 0) - first).toBeGreaterThanOrEqual(590)
    const { length } = times
    await new Promise(resolve => setTimeout(resolve, 100))
    expect(times).toHaveLength(length)
  })

  it('does many steps together, and goes on when one fails', async () => {
    const { times, round } = rounds(1000, true)
    let failures = 0
    const pacer = new Pacer(200, round, () => (failures += 1))
    pacer.start()
    await expect.poll(() => failures).toBeGreaterThan(1000)
    pacer.stop()
    expect((times[1000] ?? 0) - (times[0] ?? 0)).toBeGreaterThanOrEqual(195)
  })

  it('rests while there is nothing to do', async () => {
    let asked = 0
    let work: (() => Round) | undefined
    const pacer = new Pacer(
      1,
      () => {
        asked += 1
        return work?.()
      },
      fail,
    )
    pacer.start()
    await new Promise(resolve => setTimeout(resolve, 50))
    expect(asked).toBe(1)
    const { times, round } = rounds(1)
    work = round
    pacer.start()
    await expect.poll(() => times.length).toBeGreaterThan(1)
    pacer.stop()
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
