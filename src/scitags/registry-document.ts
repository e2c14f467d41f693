import { fits } from './fits.ts'
import { ACTIVITY_MAX, EXPERIMENT_MAX } from './ids.ts'
import { isJsonObject } from './json-object.ts'
import { type Parsed, refused } from './parsed.ts'

/** The public list of experiments and their activities, in the form of https://scitags.org/api.json. */
export interface RegistryDocument {
  version: number
  /** When the list was made (RFC 3339). */
  modified: string
  experiments: readonly RegistryExperiment[]
}

/** An experiment and what it does, as the list has them. */
export interface RegistryExperiment {
  expName: string
  /** 0-1023 */
  expId: number
  activities: readonly RegistryActivity[]
}

export interface RegistryActivity {
  activityName: string
  /** 0-63, unique within its experiment */
  activityId: number
}

/** Reads a list from its JSON text. What the format does not know is ignored; ids must be unique and in range. */
export function parseRegistryDocument(text: string): Parsed<RegistryDocument> {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    return refused('', 'the registry is not valid JSON')
  }
  if (!isJsonObject(json)) return refused('', 'the registry is not a JSON object')
  const experiments = parseList(json['experiments'], 'experiments', parseExperiment, entry => entry.expId)
  if (!experiments.ok) return experiments
  const { version, modified } = json
  return {
    ok: true,
    value: {
      version: typeof version === 'number' ? version : 1,
      modified: typeof modified === 'string' ? modified : '',
      experiments: experiments.value,
    },
  }
}

function parseExperiment(json: unknown, field: string): Parsed<RegistryExperiment> {
  if (!isJsonObject(json)) return refused(field, 'not an object')
  const { expName, expId } = json
  if (!isName(expName)) return refused(`${field}.expName`, 'not a name', expName)
  if (!fits(expId, EXPERIMENT_MAX)) return refused(`${field}.expId`, `not an integer of 0-${EXPERIMENT_MAX}`, expId)
  const activities = parseList(json['activities'], `${field}.activities`, parseActivity, entry => entry.activityId)
  return activities.ok ? { ok: true, value: { expName, expId, activities: activities.value } } : activities
}

function parseActivity(json: unknown, field: string): Parsed<RegistryActivity> {
  if (!isJsonObject(json)) return refused(field, 'not an object')
  const { activityName, activityId } = json
  if (!isName(activityName)) return refused(`${field}.activityName`, 'not a name', activityName)
  if (!fits(activityId, ACTIVITY_MAX)) {
    return refused(`${field}.activityId`, `not an integer of 0-${ACTIVITY_MAX}`, activityId)
  }
  return { ok: true, value: { activityName, activityId } }
}

function parseList<Entry>(
  json: unknown,
  field: string,
  parse: (json: unknown, field: string) => Parsed<Entry>,
  idOf: (entry: Entry) => number,
): Parsed<Entry[]> {
  if (!Array.isArray(json)) return refused(field, 'not a list')
  const entries: Entry[] = []
  const ids = new Set<number>()
  for (const [index, item] of json.entries()) {
    const entry = parse(item, `${field}[${index}]`)
    if (!entry.ok) return entry
    const id = idOf(entry.value)
    if (ids.has(id)) return refused(`${field}[${index}]`, `the id ${id} occurs twice`)
    ids.add(id)
    entries.push(entry.value)
  }
  return { ok: true, value: entries }
}

function isName(json: unknown): json is string {
  return typeof json === 'string' && json.trim() !== ''
}
