import { describe, expect, it } from 'vitest'
import { attributeOf, listenTo, merge, recordsOf, truthOf } from '../../../test/support/heard-network.ts'
import { ATTRIBUTE, RECORD_TYPE } from '../../vanflow/index.ts'

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
    expect(new Set(listeners(now).map(({ record }) => attributeOf(record, 'vanAddress')))).toEqual(
      new Set(listeners(old).map(({ record }) => attributeOf(record, 'vanAddress'))),
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
