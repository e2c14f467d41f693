import { describe, expect, it } from 'vitest'
import { ATTRIBUTE, type AttributeName, decodeMessage, RECORD_TYPE, type VanMessage } from '../../vanflow/index.ts'
import { Random } from '../random.ts'
import { FaultyOutlet, type MessageFaults } from './faulty-outlet.ts'
import { SimulatedNetwork } from './network.ts'
import { DEFAULT_NETWORK_OPTIONS, type NetworkOptions } from './network-options.ts'

/** A message as it left the network, and when, in simulated seconds. */
interface Heard {
  at: number
  address: string
  settled: boolean
  bytes: Buffer
  message: VanMessage
}

/** A network whose messages all go into a list; everything is subscribed but what `deaf` names. */
function listenTo(options: Partial<NetworkOptions> = {}, faults: Partial<MessageFaults> = {}) {
  const heard: Heard[] = []
  const deaf = new Set<string>()
  let ticks = 0
  const ear = {
    hasSubscriber: (address: string) => !deaf.has(address),
    publish: (address: string, bytes: Buffer, settled: boolean) => {
      heard.push({ at: ticks / 10, address, settled, bytes, message: decodeMessage(bytes) })
    },
  }
  const outlet = new FaultyOutlet(ear, new Random(7))
  outlet.faults = { ...outlet.faults, ...faults }
  const network = new SimulatedNetwork({ ...DEFAULT_NETWORK_OPTIONS, ...options }, outlet)
  const pass = (seconds: number) => {
    for (const end = ticks + seconds * 10; ticks < end; ) {
      ticks += 1
      outlet.tick()
      network.advance()
    }
  }
  return { network, heard, deaf, pass, of: (kind: VanMessage['kind']) => heard.filter(h => h.message.kind === kind) }
}

/** All records heard, oldest first, each with its message. */
function recordsOf(heard: readonly Heard[]) {
  return heard.flatMap(({ message, ...rest }) =>
    message.kind === 'records' ? message.records.map(record => ({ ...rest, record })) : [],
  )
}

/** What the deltas add up to, by identity; ended records are gone. */
function merge(heard: readonly Heard[]): Map<string, Map<number, unknown>> {
  const merged = new Map<string, Map<number, unknown>>()
  for (const { record } of recordsOf(heard)) {
    const attributes = merged.get(record.identity) ?? new Map<number, unknown>()
    for (const [index, code] of record.codes.entries()) attributes.set(code, record.values[index])
    merged.set(record.identity, attributes)
    if (attributes.has(ATTRIBUTE.endTime)) merged.delete(record.identity)
  }
  return merged
}

function truthOf(network: SimulatedNetwork): Map<string, Map<number, unknown>> {
  return new Map([...network.truth().records].map(([identity, { attributes }]) => [identity, new Map(attributes)]))
}

const value = (record: { codes: readonly number[]; values: readonly unknown[] }, name: AttributeName) =>
  record.values[record.codes.indexOf(ATTRIBUTE[name])]

describe('the timeline of a network', () => {
  it('has a beacon of each source within 10 s, then every 10 s', () => {
    const { pass, of } = listenTo()
    pass(30)
    const bySource = Map.groupBy(of('beacon'), ({ message }) => (message.kind === 'beacon' ? message.id : undefined))
    expect(bySource.size).toBe(6)
    for (const beacons of bySource.values()) {
      expect(beacons[0]!.at).toBeLessThanOrEqual(10)
      expect(beacons).toHaveLength(3)
      expect(beacons[1]!.at - beacons[0]!.at).toBeCloseTo(10, 5)
    }
  })

  it('has a heartbeat of each source every 2 s, controllers on their own address', () => {
    const { pass, of } = listenTo()
    pass(20)
    const heartbeats = Map.groupBy(of('heartbeat'), ({ address }) => address)
    expect(heartbeats.size).toBe(6)
    for (const [address, beats] of heartbeats) {
      const isController = address.endsWith('.heartbeats')
      expect(beats.length).toBe(10)
      expect(beats.every(beat => beat.settled === !isController)).toBe(true)
      expect(beats[0]!.message.to).toBe(address.replace('.heartbeats', ''))
    }
  })

  it('numbers the messages of a router without a gap, over all its addresses', () => {
    const { pass, heard, network } = listenTo()
    pass(20)
    const router = network.sourceIds('west')[0]!
    const ids = heard
      .filter(({ message, address }) =>
        message.kind === 'beacon' ? message.id === router : address.startsWith(`mc/sfe.${router}`),
      )
      .map(({ message }) => message.messageId)
    expect(ids.length).toBeGreaterThan(30)
    expect(ids).toEqual(ids.map((_, index) => index))
  })

  it('tells each record at most once a second, and only what changed', () => {
    const { pass, heard } = listenTo()
    pass(30)
    const flows = Map.groupBy(recordsOf(heard), ({ record }) => record.identity)
    for (const [identity, told] of flows) {
      const unflushed = told.filter(({ record }) => record.type === RECORD_TYPE.BIFLOW_TPORT)
      for (const [index, { at }] of unflushed.entries()) {
        if (index > 0) expect(at - unflushed[index - 1]!.at, identity).toBeGreaterThan(0.9)
      }
    }
    const deltas = recordsOf(heard).filter(({ record }) => record.type === RECORD_TYPE.BIFLOW_TPORT)
    expect(deltas.some(({ record }) => record.codes.length === 2)).toBe(true)
  })

  it('sends at most 50 records in a message, flows on their own address', () => {
    const { pass, heard } = listenTo({ rate: 300 })
    pass(10)
    const sizes = heard.map(({ message }) => (message.kind === 'records' ? message.records.length : 0))
    expect(Math.max(...sizes)).toBe(50)
    for (const { record, address } of recordsOf(heard)) {
      expect(address.endsWith('.flows')).toBe(record.type >= RECORD_TYPE.BIFLOW_TPORT)
    }
  })

  it('tells the end of a connection 5 s late, with the time at which it was', () => {
    const { pass, heard, network } = listenTo({ rate: 5, meanDurationMs: 2000 })
    pass(5)
    network.closeConnections()
    const closedAt = Date.now() * 1000
    network.trafficRuns = false
    const before = heard.length
    pass(4.5)
    const ends = () =>
      recordsOf(heard.slice(before)).filter(
        ({ record }) => record.type === RECORD_TYPE.BIFLOW_TPORT && record.codes.includes(ATTRIBUTE.endTime),
      )
    const late = ends().length
    pass(3)
    expect(ends().length).toBeGreaterThan(late)
    for (const { record } of ends()) expect(Number(value(record, 'endTime'))).toBeLessThan(closedAt + 1_000_000)
  })

  it('counts a first connection as two at its connector', () => {
    const { pass, heard, network } = listenTo({ rate: 10, services: 1 })
    pass(20)
    const counts = recordsOf(heard)
      .filter(({ record }) => record.type === RECORD_TYPE.CONNECTOR)
      .map(({ record }) => value(record, 'flowCountL4'))
    const { opened } = network.truth().connections
    expect(Math.max(...counts.map(Number))).toBeLessThanOrEqual(opened + 1)
    expect(counts).not.toContain(1)
  })
})

describe('a network says to who listens from the start', () => {
  it.each([
    ['routers 3.x, controllers v2', {}],
    ['routers 2.7, controllers v1', { routerDialects: ['router-2.7'], controllerDialects: ['controller-v1'] }],
    ['routers 2.3', { routerDialects: ['router-2.3'] }],
    ['routers 3.x without controllers', { controllerDialects: [] }],
    ['all at once', { routers: 6, routerDialects: ['router-2.3', 'router-2.7', 'router-3.x'] }],
    ['twelve sites', { routers: 12, services: 8 }],
  ] as [string, Partial<NetworkOptions>][])('exactly what is true: %s', (_what, options) => {
    const { network, heard, pass } = listenTo({ rate: 10, ...options })
    pass(30)
    network.trafficRuns = false
    pass(10)
    expect(merge(heard)).toEqual(truthOf(network))
    expect(network.truth().records.size).toBeGreaterThan(30)
  })

  it('and again all that lives when it is asked to, within a second', () => {
    const { network, heard, pass } = listenTo({ rate: 10 })
    pass(20)
    network.trafficRuns = false
    pass(10)
    const before = heard.length
    for (const site of ['west', 'east', 'north']) {
      for (const id of network.sourceIds(site)) expect(network.flush(`sfe.${id}`)).toBe(true)
    }
    pass(1.1)
    expect(merge(heard.slice(before))).toEqual(truthOf(network))
    expect(network.flush('sfe.nobody:0')).toBe(false)
  })

  it('but what changes while nobody listens is lost, until it is asked for', () => {
    const { network, heard, deaf, pass } = listenTo()
    const [router] = network.sourceIds('west')
    deaf.add(`mc/sfe.${router}`)
    pass(20)
    deaf.clear()
    network.trafficRuns = false
    pass(10)
    expect(merge(heard).has(router!)).toBe(false)
    network.flush(`sfe.${router}`)
    pass(1.1)
    expect(merge(heard).get(router!)).toEqual(truthOf(network).get(router!))
  })

  it('the same for the same seed, and otherwise for another', () => {
    const names = (seed: number) => {
      const { network, heard, pass } = listenTo({ seed, rate: 5 })
      pass(10)
      return [network.plan, recordsOf(heard).map(({ record }) => [record.type, record.identity, record.codes])]
    }
    expect(names(3)).toEqual(names(3))
    expect(names(3)).not.toEqual(names(4))
  })
})

describe('faults of a network', () => {
  it('restart in place: silence, then the same id with numbers, ids and start anew', () => {
    const { network, heard, pass } = listenTo()
    pass(10)
    const router = network.sourceIds('west')[0]!
    const firstStart = truthOf(network).get(router)!.get(ATTRIBUTE.startTime)
    const before = heard.length
    network.restartRouter('west')
    expect(network.truth().sources).not.toContain(router)
    pass(2.9)
    const said = () => heard.slice(before).filter(({ address }) => address.startsWith(`mc/sfe.${router}`))
    expect(said()).toHaveLength(0)
    pass(20)
    expect(network.sourceIds('west')[0]).toBe(router)
    expect(said()[0]!.message.messageId).toBe(0)
    expect(truthOf(network).get(router)!.get(ATTRIBUTE.startTime)).not.toBe(firstStart)
    // The peers saw the link go and come back.
    const link = recordsOf(heard.slice(before)).filter(({ record }) => record.type === RECORD_TYPE.ROUTER_ACCESS)
    expect(link.length).toBeGreaterThan(0)
  })

  it('a new pod: the old id is silent for good, a new one tells of the same names', () => {
    const { network, heard, pass } = listenTo()
    pass(10)
    const old = network.sourceIds('east')[0]!
    const before = heard.length
    network.replaceRouter('east')
    pass(20)
    const now = network.sourceIds('east')[0]!
    expect(now).not.toBe(old)
    expect(heard.slice(before).some(({ address }) => address.startsWith(`mc/sfe.${old}`))).toBe(false)
    const listeners = (router: string) =>
      recordsOf(heard).filter(({ record }) => record.type === 4 && record.identity.startsWith(router.slice(0, 5)))
    expect(new Set(listeners(now).map(({ record }) => value(record, 'vanAddress')))).toEqual(
      new Set(listeners(old).map(({ record }) => value(record, 'vanAddress'))),
    )
  })

  it('silence: nothing arrives, and afterwards the ids show a gap', () => {
    const { network, heard, pass } = listenTo()
    pass(10)
    const router = network.sourceIds('north')[0]!
    const heardOf = () => heard.filter(({ address }) => address.startsWith(`mc/sfe.${router}`))
    network.silence('north')
    const before = heardOf().length
    pass(10)
    expect(heardOf()).toHaveLength(before)
    expect(network.truth().sources).not.toContain(router)
    network.silence('north', false)
    pass(3)
    const [last, next] = [heardOf()[before - 1]!, heardOf()[before]!]
    expect(next.message.messageId! - last.message.messageId!).toBeGreaterThan(5)
  })

  it('skewed clocks show in heartbeats and in records', () => {
    const { network, of, pass } = listenTo()
    network.skewClock('west', -3_000_000)
    pass(4)
    const [router] = network.sourceIds('west')
    const { message } = of('heartbeat').find(({ address }) => address === `mc/sfe.${router}`)!
    const ahead = message.kind === 'heartbeat' ? message.nowUs! - Date.now() * 1000 : 0
    expect(ahead).toBeLessThan(-2_000_000)
    expect(ahead).toBeGreaterThan(-4_000_000)
  })

  it('links that go down and come up, pods that come and go, controllers that restart, all stay true', () => {
    const { network, heard, pass } = listenTo()
    pass(10)
    network.setLinks('west', false)
    const pod = network.addProcess('east', 'cache')
    pass(5)
    network.setLinks('west', true)
    network.removeProcess('east', pod)
    network.restartController('north')
    pass(10)
    network.trafficRuns = false
    pass(10)
    expect(merge(heard)).toEqual(truthOf(network))
    expect([...merge(heard).values()].some(attributes => attributes.get(ATTRIBUTE.downCount) === 1)).toBe(true)
  })

  it('of messages: what comes twice or out of order adds up to the same', () => {
    const { network, heard, pass } = listenTo({ rate: 10 }, { duplicate: 0.3, reorder: 0.3 })
    pass(30)
    network.trafficRuns = false
    pass(10)
    const addresses = heard.map(({ address, message }) => `${address} ${message.messageId}`)
    expect(new Set(addresses).size).toBeLessThan(addresses.length)
    expect(merge(heard)).toEqual(truthOf(network))
  })

  it('of messages: the lost leave a gap in the numbers', () => {
    const { heard, network, pass } = listenTo({}, { drop: 0.2 })
    pass(30)
    const router = network.sourceIds('west')[0]!
    const ids = heard.filter(({ address }) => address.startsWith(`mc/sfe.${router}`)).map(h => h.message.messageId!)
    expect(ids.length).toBeLessThan(Math.max(...ids))
  })

  it('of messages: unknown types, wrong types and times of 2^63 are there, and nothing else is lost', () => {
    const { network, heard, pass } = listenTo({ rate: 10 }, { unknown: 0.3, wrongType: 0.3, lateTime: 0.3 })
    pass(20)
    network.trafficRuns = false
    pass(10)
    const problems = heard.flatMap(({ message }) =>
      message.kind === 'records' ? Object.keys(message.problems ?? {}) : [],
    )
    expect(new Set(problems)).toEqual(new Set(['unknown-type', 'unknown-attribute', 'wrong-type', 'time-out-of-range']))
    const merged = merge(heard)
    merged.delete('unknown:99')
    for (const attributes of merged.values()) attributes.delete(200)
    expect(merged).toEqual(truthOf(network))
  })

  it('a flow limit: connections beyond it are counted and not told', () => {
    const { network, pass } = listenTo({ rate: 100, meanDurationMs: 1_000_000, flowLimit: 20 })
    pass(10)
    const { connections, records } = network.truth()
    const flows = [...records.values()].filter(record => record.type === RECORD_TYPE.BIFLOW_TPORT)
    expect(flows).toHaveLength(60)
    expect(connections.opened).toBe(connections.open + connections.uncounted)
  })

  it('a policy change of a controller 1.x is a SITE with start 0', () => {
    const { network, heard, pass } = listenTo({ controllerDialects: ['controller-v1'], rate: 0 })
    pass(10)
    const before = heard.length
    network.changePolicy('west', 'enabled')
    const [told] = recordsOf(heard.slice(before))
    expect(told!.record).toMatchObject({ type: 0, codes: [53], values: ['enabled'] })
    pass(2)
    expect(merge(heard)).toEqual(truthOf(network))
  })
})
