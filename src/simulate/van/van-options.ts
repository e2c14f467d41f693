import type { AmqpListenerOptions } from './amqp-listener.ts'
import type { ControllerDialect } from './controller-source.ts'
import type { MessageFaults } from './faulty-outlet.ts'
import type { Mishap } from './mishaps.ts'
import type { PlanOptions } from './plan.ts'
import type { RouterDialect } from './router-source.ts'
import type { TrafficOptions } from './traffic.ts'

/** What a simulated network is made of; every part has a default. */
export interface VanOptions extends PlanOptions, TrafficOptions {
  /** Where clients connect, and how. */
  listen: AmqpListenerOptions
  /** The dialect of each router, given out in turn. */
  routerDialects: readonly RouterDialect[]
  /** The dialect of each site's controller, in turn; none: routers 3.x tell of their sites, and nobody of processes. */
  controllerDialects: readonly ControllerDialect[]
  /** How many times faster than real time timers run. Times in records remain those of this host's clock. */
  speed: number
  /** What is wrong with messages, by probability. */
  messageFaults: Partial<MessageFaults>
  /** Every how many seconds of simulated time a mishap befalls the network. */
  mishaps: Partial<Record<Mishap, number>>
  /** The same seed gives the same network, traffic and faults. */
  seed: number
}

/** Three sites that a newcomer can tell apart, with a little life in them. */
export const DEFAULT_VAN_OPTIONS: VanOptions = {
  listen: {},
  routers: 3,
  services: 3,
  processes: 3,
  routerDialects: ['router-3.x'],
  controllerDialects: ['controller-v2'],
  rate: 2,
  meanDurationMs: 15_000,
  requestRate: 0.5,
  flowLimit: 5000,
  messageFaults: {},
  mishaps: {},
  speed: 1,
  seed: 1,
}
