import type { CollectedVan } from '../collected-van.ts'

/** What acceptance allows for the view to be right again, in simulated milliseconds. */
const LIMIT_MS = 15_000

/**
 * Kills the router end at random moments, now and then for some seconds, while traffic flows before, during and after,
 * and holds the view each time against what is so: nothing missing, nothing twice, no ghost.
 *
 * @returns how long after the kill the view was right, in simulated milliseconds
 */
export async function killRouterEnd(world: CollectedVan, times: number): Promise<number[]> {
  const { van } = world
  const took: number[] = []
  for (let kill = 0; kill < times; kill += 1) {
    van.network.trafficRuns = true
    await world.collector.pass(500 + Math.random() * 4000)
    const connects = world.collector.ingest.status.connects
    const killed = performance.now()
    const sinceKillMs = () => (performance.now() - killed) * world.speed
    if (kill % 2 === 0) van.cut()
    else await van.disappear((500 + Math.random() * 2500) / world.speed)
    await world.collector.pass(Math.random() * 2000)
    // The end of a connection is told five seconds late: the view is compared while no more of them end.
    van.network.trafficRuns = false
    await world.collector.until(() => world.collector.ingest.status.connects > connects, LIMIT_MS)
    await world.agree(LIMIT_MS - sinceKillMs())
    took.push(sinceKillMs())
  }
  return took
}
