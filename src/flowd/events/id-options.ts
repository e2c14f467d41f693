import Type from 'typebox'
import { ACTIVITY_MAX, EXPERIMENT_MAX } from '../../scitags/index.ts'
import type { KnownNames, UnitComplaint } from '../unit.ts'
import { readIds } from './ids.ts'

/** The schema of an experiment in a configuration: an id or a name of the registry. */
export function experimentOption(options: IdOption) {
  return idOption(EXPERIMENT_MAX, options)
}

/** The schema of an activity, likewise. */
export function activityOption(options: IdOption) {
  return idOption(ACTIVITY_MAX, options)
}

interface IdOption {
  description: string
  default?: number
}

function idOption(maximum: number, options: IdOption) {
  return Type.Union([Type.Integer({ minimum: 0, maximum }), Type.String({ format: 'registry-name' })], { ...options })
}

/** Ids or names as a configuration has them, and its keys of them. */
export interface ConfiguredIds {
  experiment: string | number
  activity: string | number
  keys: Readonly<Record<'experiment' | 'activity', string>>
}

/** What is wrong with names, as far as it can be known before the registry is fetched. */
export function complaintsOfIds({ experiment, activity, keys }: ConfiguredIds, known: KnownNames): UnitComplaint[] {
  if (known === undefined) return []
  const ids = readIds(experiment, activity, known)
  if (ids.ok) return []
  return [{ key: ids.field === 'experiment' ? keys.experiment : keys.activity, message: `is ${ids.problem}` }]
}
