import type { Registry } from '../../scitags/index.ts'

/** The names of an experiment and an activity, where the registry has them. */
export interface IdNames {
  experimentName?: string
  activityName?: string
}

export function idNames(registry: Registry, experiment: number, activity: number): IdNames {
  const experimentName = registry.experimentName(experiment)
  const activityName = registry.activityName(experiment, activity)
  return {
    ...(experimentName === undefined ? {} : { experimentName }),
    ...(activityName === undefined ? {} : { activityName }),
  }
}
