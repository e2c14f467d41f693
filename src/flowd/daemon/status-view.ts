import { BUILD, type Metrics } from '../../common/index.ts'
import { isIpv6OnTheWire, isMarkable, type Registry } from '../../scitags/index.ts'
import type { Flow } from '../flow.ts'
import type { HealthView } from '../health.ts'
import { type IdNames, idNames } from './id-names.ts'

/** How the daemon does and what became of all it met, for whoever looks at it. */
export interface StatusView extends HealthView {
  version: string
  /** The configuration file in force. */
  configuration: string
  /** The live flows by what they are for, the most first. */
  activities: ActivityView[]
  /** The stages that something came to, in the order in which they were made. */
  stages: StageView[]
  /** Metrics without labels by their names. */
  figures: Record<string, number>
}

export interface ActivityView extends IdNames {
  experiment: number
  activity: number
  flows: number
  /** How many of them can be marked at all: IPv6, with ids that fit a mark. */
  markable: number
}

export interface StageView {
  stage: string
  received: number
  passed: number
  /** How many were dropped, by cause. */
  dropped: Record<string, number>
}

/** What `viewStatus` looks at. */
export interface StatusSources {
  health: HealthView
  configuration: string
  flows: Iterable<Flow>
  registry: Registry
  metrics: Metrics
}

/** Puts the status together. */
export function viewStatus({ health, configuration, flows, registry, metrics }: StatusSources): StatusView {
  return {
    ...health,
    version: BUILD.version,
    configuration,
    activities: countActivities(flows, registry),
    stages: [...metrics.stages]
      .filter(([, { received, droppedByCause }]) => received > 0 || droppedByCause.size > 0)
      .map(([stage, { received, passed, droppedByCause }]) => ({
        stage,
        received,
        passed,
        dropped: Object.fromEntries(droppedByCause),
      })),
    figures: metrics.figures(),
  }
}

function countActivities(flows: Iterable<Flow>, registry: Registry): ActivityView[] {
  const views = new Map<string, ActivityView>()
  for (const { experiment, activity, tuple } of flows) {
    const key = `${experiment} ${activity}`
    let view = views.get(key)
    if (view === undefined) {
      view = { experiment, activity, ...idNames(registry, experiment, activity), flows: 0, markable: 0 }
      views.set(key, view)
    }
    view.flows += 1
    if (isIpv6OnTheWire(tuple) && isMarkable(experiment, activity)) view.markable += 1
  }
  return [...views.values()].sort((one, other) => other.flows - one.flows)
}
