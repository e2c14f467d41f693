import { expect, it } from 'vitest'
import { CollectedVan } from '../../support/collected-van.ts'
import { killRouterEnd } from '../../support/properties/router-end-killed.ts'

it('shows what is so within 15 s whenever the router end is killed, 20 times', async () => {
  const world = new CollectedVan({
    speed: 10,
    routers: 3,
    services: 3,
    processes: 3,
    rate: 4,
    routerDialects: ['router-3.x', 'router-2.7', 'router-2.3'],
  })
  try {
    await world.start()
    await world.collector.pass(10_000)
    const took = await killRouterEnd(world, 20)
    expect(took).toHaveLength(20)
    expect(world.collector.unaccounted()).toBe(0)
  } finally {
    await world.stop()
  }
})
