import { expect } from 'vitest'
import type { VanOptions } from '../../../src/simulate/index.ts'
import { CollectedVan } from '../collected-van.ts'

/** What acceptance allows for the view to be right again, in simulated milliseconds. */
const LIMIT_MS = 15_000

/**
 * Kills the router end of a network again and again, at random moments, every other time for some seconds, while
 * traffic flows before, during and after, and holds the view each time against what is so: nothing missing, nothing
 * twice, no ghost.
 */
export async function viewSurvivesKills(
  network: Partial<VanOptions> & { speed: number },
  times: number,
): Promise<void> {
  const world = new CollectedVan(network)
  try {
    await world.start()
    await world.collector.pass(10_000)
    for (let kill = 0; kill < times; kill += 1) await killRouterEnd(world, kill % 2 === 1)
    expect(world.collector.unaccounted()).toBe(0)
  } finally {
    await world.stop()
  }
}

async function killRouterEnd(world: CollectedVan, forSeconds: boolean): Promise<void> {
  const { van, collector, speed } = world
  van.network.trafficRuns = true
  await collector.pass(500 + Math.random() * 4000)
  const connects = collector.ingest.status.connects
  const killed = performance.now()
  const sinceKillMs = () => (performance.now() - killed) * speed
  if (forSeconds) await van.disappear((500 + Math.random() * 2500) / speed)
  else van.cut()
  await collector.pass(Math.random() * 2000)
  // The end of a connection is told five seconds late: the view is compared while no more of them end.
  van.network.trafficRuns = false
  await collector.until(() => collector.ingest.status.connects > connects, LIMIT_MS)
  await world.agree(LIMIT_MS - sinceKillMs())
}
