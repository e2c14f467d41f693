import { bytesInUse } from '../collect-garbage.ts'
import type { CollectedVan } from '../collected-van.ts'

/** Ended records are kept for so long in these tests, so that all cycles but the first ones hold as many. */
export const SHORT_RETENTION = { endedMaxAgeMs: 20_000 }

/**
 * Lets a network live through cycles: a router is killed and another started in its place, one restarts in place, a
 * site is cut off until it is gone and comes back, the router end is killed. After each, the view is held against what
 * is so.
 *
 * @returns the bytes in use after each cycle
 */
export async function liveThroughCycles(world: CollectedVan, cycles: number): Promise<number[]> {
  const { van, collector } = world
  const { network } = van
  const sites = network.plan.sites.length
  const used: number[] = []
  for (let cycle = 0; cycle < cycles; cycle += 1) {
    network.trafficRuns = true
    network.replaceRouter(cycle % sites)
    network.restartRouter((cycle + 1) % sites)
    network.silence((cycle + 2) % sites)
    await collector.pass(20_000)
    van.cut()
    await collector.pass(15_000)
    network.silence((cycle + 2) % sites, false)
    network.trafficRuns = false
    await collector.until(() => collector.sources() === van.truth().sources.length)
    await world.agree()
    used.push(bytesInUse())
  }
  return used
}

/** By how much the last cycles use more than those in the middle, as a part of the latter. */
export function growth(used: readonly number[]): number {
  const third = Math.floor(used.length / 3)
  const mean = (part: readonly number[]) => part.reduce((sum, bytes) => sum + bytes, 0) / part.length
  return mean(used.slice(-third)) / mean(used.slice(third, 2 * third)) - 1
}
