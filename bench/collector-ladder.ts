import { CollectedVan } from '../test/support/collected-van.ts'

/**
 * Claim: with 10, 100 and 1,000 routers (and as many controllers) the first complete view stands at most 3 s after
 * the first BEACON of the last source. The simulated network runs in real time and in the same process, so that its
 * work counts against us.
 */
const LIMIT_MS = 3000

async function measure(routers: number) {
  const world = new CollectedVan({ speed: 1, routers, services: 10, processes: 10 })
  const cpuBefore = process.cpuUsage()
  // Flows come and go: what must stand in a first view is the network itself.
  world.van.network.trafficRuns = false
  try {
    await world.start()
    const sources = 2 * routers
    await world.collector.until(() => world.collector.sources() === sources, 30_000)
    const lastBeacon = performance.now()
    await world.agree(30_000)
    const completeMs = performance.now() - lastBeacon
    const { user, system } = process.cpuUsage(cpuBefore)
    return { routers, sources, records: world.van.truth().records.size, completeMs, cpuMs: (user + system) / 1000 }
  } finally {
    await world.stop()
  }
}

let worstMs = 0
for (const routers of [10, 100, 1000]) {
  const { sources, records, completeMs, cpuMs } = await measure(routers)
  worstMs = Math.max(worstMs, completeMs)
  console.log(
    `${routers} routers: ${sources} sources, ${records} records, complete ${completeMs.toFixed(0)} ms after the last source's ` +
      `first beacon; ${cpuMs.toFixed(0)} ms of CPU for both ends`,
  )
}
console.log(`slowest ${worstMs.toFixed(0)} ms of ${LIMIT_MS} ms: ratio ${(worstMs / LIMIT_MS).toFixed(2)}`)
process.exitCode = worstMs <= LIMIT_MS ? 0 : 1
