import { expect, it } from 'vitest'
import { CollectedVan } from '../../support/collected-van.ts'
import { growth, liveThroughCycles, SHORT_RETENTION } from '../../support/properties/cycles-of-faults.ts'

it.each([
  [10, 10],
  [100, 10],
  [1000, 2],
])('sees all of a network of %d routers, and accounts for every record', async (routers, speed) => {
  const world = new CollectedVan({ speed, routers, services: 10, processes: 10 })
  world.van.network.trafficRuns = false
  try {
    await world.start()
    await world.collector.until(() => world.collector.sources() === 2 * routers, 90_000)
    await world.agree()
    expect(world.collector.unaccounted()).toBe(0)
    expect(world.collector.metrics.stage('van-records').dropped()).toBe(0)
  } finally {
    await world.stop()
  }
})

it('lives through ten cycles of start, kill, restart in place and partition, and its memory stays as it is', async () => {
  const world = new CollectedVan({ speed: 20, routers: 10, services: 5, processes: 5, rate: 4 }, SHORT_RETENTION)
  try {
    await world.start()
    const used = await liveThroughCycles(world, 10)
    expect(world.collector.unaccounted()).toBe(0)
    expect(growth(used)).toBeLessThan(0.1)
  } finally {
    await world.stop()
  }
})
