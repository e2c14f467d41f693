import type { Registry } from '../../../scitags/index.ts'

/** The name of an experiment; its id where the registry has none. */
export function experimentName(registry: Registry, experiment: number): string {
  return registry.experimentName(experiment) ?? String(experiment)
}

/** The name of an activity; its id where the registry has none. */
export function activityName(registry: Registry, experiment: number, activity: number): string {
  return registry.activityName(experiment, activity) ?? String(activity)
}
