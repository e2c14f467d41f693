import { Histogram } from '../../../../common/index.ts'
import { type Counts, zeroCounts } from '../flow-counter.ts'

/** Of the round-trip time in seconds, from one rack to around the world. */
const RTT_BOUNDS = [0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1]

/** What counts together: the flows of an activity through an interface. */
export interface ActivityOf {
  experiment: number
  activity: number
  interfaceName: string
}

/** The sums over such flows; they only grow, whatever becomes of the flows. */
export class Activity {
  /** Undefined for what stands for all that found no room. */
  readonly of: ActivityOf | undefined
  live = 0
  started = 0
  readonly counts: Counts = zeroCounts()
  readonly rtt = new Histogram(RTT_BOUNDS)

  constructor(of: ActivityOf | undefined) {
    this.of = of
  }
}
