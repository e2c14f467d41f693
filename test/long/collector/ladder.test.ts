import { expect, it } from 'vitest'
import { CollectedVan } from '../../support/collected-van.ts'
import { growth, liveThroughCycles, SHORT_RETENTION } from '../../support/properties/cycles-of-faults.ts'

it.each([
  [100, 10],
  [1000, 1.5],
])('lives through ten cycles of faults with %d routers, and its memory stays as it is', async (routers, speed) => {
  const world = new CollectedVan({ speed, routers, services: 10, processes: 5, rate: 10 }, SHORT_RETENTION)
  try {
    await world.start()
    await world.collector.until(() => world.collector.sources() === 2 * routers, 60_000)
    const used = await liveThroughCycles(world, 10)
    console.log(
      `${routers} routers: MB in use after each cycle: ${used.map(bytes => Math.round(bytes / 1e6)).join(' ')}`,
    )
    expect(world.collector.unaccounted()).toBe(0)
    expect(growth(used)).toBeLessThan(0.1)
  } finally {
    await world.stop()
  }
})
