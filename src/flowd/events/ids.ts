import { type Parsed, type Registry, refused } from '../../scitags/index.ts'

export const EXPERIMENT_MAX = 1023
export const ACTIVITY_MAX = 63

/** Beyond this an experiment does not fit the flow label: its flows are announced, not marked. */
const MARKABLE_EXPERIMENT_MAX = 511

/** Experiment and activity as numbers. */
export interface FlowIds {
  experiment: number
  activity: number
}

/** Reads an experiment and an activity, each an id or a name of the registry. */
export function readIds(experiment: string | number, activity: string | number, registry: Registry): Parsed<FlowIds> {
  const experimentId = readId(experiment, name => registry.experimentId(name))
  if (experimentId === undefined) {
    return refused('experiment', 'neither a number nor the name of an experiment of the registry', experiment)
  }
  if (experimentId > EXPERIMENT_MAX) return refused('experiment', `not in 0-${EXPERIMENT_MAX}`, experiment)
  const activityId = readId(activity, name => registry.activityId(experimentId, name))
  if (activityId === undefined) {
    const of = registry.experimentName(experimentId) ?? `experiment ${experimentId}`
    return refused('activity', `neither a number nor the name of an activity of ${of}`, activity)
  }
  if (activityId > ACTIVITY_MAX) return refused('activity', `not in 0-${ACTIVITY_MAX}`, activity)
  return { ok: true, value: { experiment: experimentId, activity: activityId } }
}

/** What is to be said of ids that are valid, but not all that one may expect of them holds. */
export function warningOfIds({ experiment }: FlowIds): string | undefined {
  if (experiment <= MARKABLE_EXPERIMENT_MAX) return undefined
  return `experiment ${experiment} does not fit the flow label (0-${MARKABLE_EXPERIMENT_MAX}): announced, not marked`
}

function readId(value: string | number, lookUp: (name: string) => number | undefined): number | undefined {
  if (typeof value === 'string') return /^\d+$/.test(value) ? Number(value) : lookUp(value)
  return Number.isInteger(value) && value >= 0 ? value : undefined
}
