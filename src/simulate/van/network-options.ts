import type { ControllerDialect } from './controller-source.ts'
import type { PlanOptions } from './plan.ts'
import type { RouterDialect } from './router-source.ts'
import type { TrafficOptions } from './traffic.ts'

/** What a simulated network is made of. */
export interface NetworkOptions extends PlanOptions, TrafficOptions {
  /** The dialect of each router, given out in turn. */
  routerDialects: readonly RouterDialect[]
  /** The dialect of each site's controller, in turn; none: routers 3.x tell of their sites, and nobody of processes. */
  controllerDialects: readonly ControllerDialect[]
  /** The same seed gives the same network, traffic and faults. */
  seed: number
}

/** Three sites that a newcomer can tell apart, with a little life in them. */
export const DEFAULT_NETWORK_OPTIONS: NetworkOptions = {
  routers: 3,
  services: 3,
  processes: 3,
  routerDialects: ['router-3.x'],
  controllerDialects: ['controller-v2'],
  rate: 2,
  meanDurationMs: 15_000,
  requestRate: 0.5,
  flowLimit: 5000,
  seed: 1,
}
