import { expect, it } from 'vitest'
import { CollectedVan } from '../../support/collected-van.ts'
import { killRouterEnd } from '../../support/properties/router-end-killed.ts'

it('shows what is so within 15 s whenever the router end is killed, 100 times', async () => {
  const world = new CollectedVan({
    // Less than elsewhere: 15 s are 1.9 s of a machine that may be busy.
    speed: 8,
    routers: 4,
    services: 4,
    processes: 4,
    rate: 6,
    routerDialects: ['router-3.x', 'router-2.7', 'router-2.3'],
    controllerDialects: ['controller-v2', 'controller-v1'],
  })
  try {
    await world.start()
    await world.collector.pass(10_000)
    expect(await killRouterEnd(world, 100)).toHaveLength(100)
    expect(world.collector.unaccounted()).toBe(0)
  } finally {
    await world.stop()
  }
})
