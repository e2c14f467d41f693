import { afterEach, describe, expect, it } from 'vitest'
import { CollectedVan } from '../../support/collected-van.ts'

let world: CollectedVan
afterEach(() => world.stop())

/** A network ten times as fast as a real one, and a collector that sees it as it is. */
async function agreed(options: ConstructorParameters<typeof CollectedVan>[0] = { speed: 10 }): Promise<CollectedVan> {
  world = new CollectedVan(options)
  await world.start()
  await world.collector.until(() => world.collector.ingest.status.sources.live === 6, 20_000)
  await world.collector.pass(5000)
  return world
}

/** Lets traffic run for a while under a fault, then compares. */
async function survive(forMs = 10_000): Promise<void> {
  await world.collector.pass(forMs)
  world.van.setMessageFaults({ duplicate: 0, drop: 0, reorder: 0, unknown: 0, wrongType: 0, lateTime: 0 })
  world.van.network.trafficRuns = false
  await world.agree()
  expect(world.collector.unaccounted()).toBe(0)
}

const status = () => world.collector.ingest.status
const counters = () => world.collector.ingest.counters

describe('the view is right again after', () => {
  it('messages that come twice, that overtake each other, and that hold what nobody knows (defects 15 and 26)', async () => {
    await agreed()
    world.van.setMessageFaults({ duplicate: 0.3, reorder: 0.3, unknown: 0.2, wrongType: 0.2, lateTime: 0.2 })
    await survive()
    expect(counters().records.dropped('unknown-type')).toBeGreaterThan(0)
    expect(counters().restarts).toBe(0)
  })

  it('messages that were lost: their ids tell', async () => {
    await agreed()
    world.van.setMessageFaults({ drop: 0.2 })
    await survive()
    expect(counters().missingMessages).toBeGreaterThan(0)
    expect(counters().flushes.gap).toBeGreaterThan(0)
  })

  it('a router that restarts in place: same id, all record ids used again (defect 13)', async () => {
    const { van, collector } = await agreed()
    const [id] = van.network.sourceIds(0)
    van.network.restartRouter(0)
    await collector.until(() => counters().restarts === 1, 20_000)
    await survive(5000)
    const incarnations = [...collector.graph.view.byType('ROUTER')].filter(({ identity }) => identity === id)
    expect(incarnations.map(({ endReason }) => endReason).sort()).toEqual(['restarted', undefined])
  })

  it('a router whose pod is replaced: the old one ends by silence, the new one has its links and listeners', async () => {
    const { van, collector } = await agreed()
    const [old] = van.network.sourceIds(1)
    van.network.replaceRouter(1)
    await collector.until(() => status().sources.gone === 1, 45_000)
    await survive(5000)
    expect(collector.graph.view.get(old!)).toMatchObject({ endReason: 'silent' })
  })

  it('a site that was cut off for a while: stale, asked again when it speaks', async () => {
    const { van, collector } = await agreed()
    van.network.silence(2)
    await collector.until(() => status().sources.stale === 2, 20_000)
    van.network.silence(2, false)
    await collector.until(() => status().sources.stale === 0, 10_000)
    await survive(5000)
    expect(status().sources.gone).toBe(0)
  })

  it('a site that was cut off for long: gone, and a new incarnation when it returns', async () => {
    const { van, collector } = await agreed()
    van.network.silence(2)
    await collector.until(() => status().sources.gone === 2, 45_000)
    const silent = van.network.sourceIds(2)
    const living = [...collector.graph.view.byType('LISTENER'), ...collector.graph.view.byType('PROCESS')]
    expect(living.filter(({ sourceId, endTimeUs }) => silent.includes(sourceId!) && endTimeUs === undefined)).toEqual(
      [],
    )
    van.network.silence(2, false)
    await collector.until(() => status().sources.live === 6, 20_000)
    await survive(5000)
  })

  it('a controller that restarts, and removes a process meanwhile without a word', async () => {
    const { van } = await agreed()
    van.network.restartController(0)
    van.network.removeProcess(0)
    van.network.addProcess(0, 'batch')
    van.network.trafficRuns = false
    await world.agree()
  })

  it('clocks that are set: durations are those of the source', async () => {
    const { van, collector } = await agreed()
    van.network.skewClock(0, -3_000_000)
    await collector.pass(20_000)
    await survive(1000)
  })
})

describe('a defect of the prototype is gone', () => {
  it('defect 12, one blind FLUSH: after a reconnect everything is asked for again, and what ended is ended', async () => {
    const { van, collector } = await agreed()
    const before = counters().flushes.first
    van.network.closeConnections()
    van.cut()
    await collector.until(() => counters().flushes.first === before + 6, 10_000)
    await survive(1000)
  })

  it('defect 14, no .flows, no .heartbeats: connections of 3.x routers are seen, and the clocks of controllers known', async () => {
    const { van, collector } = await agreed()
    await collector.pass(3000)
    expect([...collector.graph.view.byType('BIFLOW_TPORT')].length).toBeGreaterThan(0)
    const sites = [...collector.graph.view.byType('SITE')]
    expect(sites.map(site => site.durationUs !== undefined)).toEqual(van.network.plan.sites.map(() => true))
  })
})
