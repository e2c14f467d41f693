import { suggest } from '../../common/index.ts'
import {
  ACTIVITY_MAX,
  EXPERIMENT_MAX,
  MARKABLE_EXPERIMENT_MAX,
  type Parsed,
  type ParseFailure,
  type Registry,
  refused,
} from '../../scitags/index.ts'

/** Experiment and activity as numbers. */
export interface FlowIds {
  experiment: number
  activity: number
}

/** Reads an experiment and an activity, each an id or a name of the registry. */
export function readIds(experiment: string | number, activity: string | number, registry: Registry): Parsed<FlowIds> {
  const experimentId = readId(experiment, name => registry.experimentId(name))
  if (experimentId === undefined) {
    const names = registry.document.experiments.map(({ expName }) => expName)
    return unknownName(
      'experiment',
      'neither a number nor the name of an experiment of the registry',
      experiment,
      names,
    )
  }
  if (experimentId > EXPERIMENT_MAX) return refused('experiment', `not in 0-${EXPERIMENT_MAX}`, experiment)
  const activityId = readId(activity, name => registry.activityId(experimentId, name))
  if (activityId === undefined) {
    const of = registry.experimentName(experimentId) ?? `experiment ${experimentId}`
    const names = registry.activities(experimentId).map(({ activityName }) => activityName)
    return unknownName('activity', `neither a number nor the name of an activity of ${of}`, activity, names)
  }
  if (activityId > ACTIVITY_MAX) return refused('activity', `not in 0-${ACTIVITY_MAX}`, activity)
  return { ok: true, value: { experiment: experimentId, activity: activityId } }
}

/** What is to be said of ids that are valid, but not all that one may expect of them holds. */
export function warningOfIds({ experiment }: FlowIds): string | undefined {
  if (experiment <= MARKABLE_EXPERIMENT_MAX) return undefined
  return `experiment ${experiment} does not fit the flow label (0-${MARKABLE_EXPERIMENT_MAX}): announced, not marked`
}

/** How long a word may be that is compared with names, and how many names are listed. */
const COMPARED_LENGTH = 64
const LISTED_NAMES = 30

/** A refusal that says which name was meant, or which there are. */
function unknownName(field: string, problem: string, given: string | number, names: readonly string[]): ParseFailure {
  const failure = refused(field, problem, given)
  const word = String(given)
  const meant = word.length > COMPARED_LENGTH ? undefined : suggest(word, names)
  return {
    ...failure,
    problem: `${failure.problem}${meant === undefined ? listOf(names) : `; did you mean '${meant}'?`}`,
  }
}

function listOf(names: readonly string[]): string {
  if (names.length === 0) return ''
  const more = names.length > LISTED_NAMES ? ', …' : ''
  return `; there are: ${names.slice(0, LISTED_NAMES).join(', ')}${more}`
}

function readId(value: string | number, lookUp: (name: string) => number | undefined): number | undefined {
  if (typeof value === 'string') return /^\d+$/.test(value) ? Number(value) : lookUp(value)
  return Number.isInteger(value) && value >= 0 ? value : undefined
}
