import {
  APPLICATION_LENGTH,
  type Endpoint,
  type Parsed,
  parseTimestamp,
  type Registry,
  refused,
} from '../../../scitags/index.ts'
import type { FlowEvent } from '../../event.ts'
import {
  joinEndpoints,
  type ReadEvent,
  readEndpoint,
  readIds,
  warningOfIds,
  warningOfTuple,
} from '../../events/index.ts'
import { FAMILIES, NO_TIME, PROTOCOLS, STATES } from './flow-id.ts'

/** flowd-go's keys of the times, and ours. */
const TIMES = [
  ['StartTs', 'startTimeUs'],
  ['EndTs', 'endTimeUs'],
] as const

/**
 * Reads an event from the JSON of flowd-go's API. Keys are taken in any case and unknown ones ignored, as there; words
 * are taken beside numbers, names beside ids, and what must be known is required.
 */
export function readFlowId(json: unknown, registry: Registry, origin: string): Parsed<ReadEvent> {
  if (typeof json !== 'object' || json === null || Array.isArray(json))
    return refused('', 'the body is not a JSON object')
  const fields = new Map(Object.entries(json).map(([key, value]) => [key.toLowerCase(), value as unknown]))
  const state = readWord('State', fields.get('state'), STATES)
  if (!state.ok) return state
  const protocol = readWord('Protocol', fields.get('protocol') ?? PROTOCOLS.tcp, PROTOCOLS)
  if (!protocol.ok) return protocol
  const source = readHostPort('Src', 'source', fields.get('src'))
  if (!source.ok) return source
  const destination = readHostPort('Dst', 'destination', fields.get('dst'))
  if (!destination.ok) return destination
  const flow = joinEndpoints(protocol.value, source.value, destination.value)
  const family = fields.get('family') ?? 0
  if (family !== 0 && family !== FAMILIES[flow.family]) {
    return refused('Family', `not ${FAMILIES[flow.family]} as Src says (it may be left out)`, family)
  }
  const [experiment, activity] = [fields.get('experiment'), fields.get('activity')]
  if (!isId(experiment)) return refused('Experiment', 'neither an id nor a name', experiment)
  if (!isId(activity)) return refused('Activity', 'neither an id nor a name', activity)
  const ids = readIds(experiment, activity, registry)
  if (!ids.ok) return { ...ids, field: ids.field === 'experiment' ? 'Experiment' : 'Activity' }
  const event: FlowEvent = { state: state.value, flow, ...ids.value, origin }
  const problem = readTimes(fields, event) ?? readApplication(fields.get('application'), event)
  if (problem !== undefined) return problem
  const warnings = [warningOfTuple(flow), warningOfIds(ids.value)].filter(warning => warning !== undefined)
  return { ok: true, value: { event, warnings } }
}

/** A word, or flowd-go's number for it. */
function readWord<Word extends string>(
  field: string,
  value: unknown,
  numbers: Readonly<Record<Word, number>>,
): Parsed<Word> {
  const wanted = typeof value === 'string' ? value.toLowerCase() : value
  for (const word of Object.keys(numbers) as Word[]) {
    if (wanted === word || wanted === numbers[word]) return { ok: true, value: word }
  }
  const choices = Object.entries(numbers).map(([word, number]) => `${String(number)} (${word})`)
  return refused(field, `none of ${choices.join(', ')}`, value ?? 'nothing')
}

/** `192.0.2.1:2345` or `[2001:db8::1]:2345`. */
function readHostPort(field: string, end: 'source' | 'destination', value: unknown): Parsed<Endpoint> {
  const match = typeof value === 'string' ? /^(?:\[([^\]]+)\]|([^:]+)):(\d+)$/.exec(value) : null
  if (match === null)
    return refused(field, "not a text like '192.0.2.1:2345' or '[2001:db8::1]:2345'", value ?? 'nothing')
  const endpoint = readEndpoint(end, match[1] ?? match[2] ?? '', match[3] ?? '')
  return endpoint.ok ? endpoint : { ...endpoint, field }
}

function readTimes(fields: ReadonlyMap<string, unknown>, event: FlowEvent): Parsed<never> | undefined {
  for (const [field, key] of TIMES) {
    const value = fields.get(field.toLowerCase())
    if (value === undefined || value === null || value === '' || value === NO_TIME) continue
    const us = typeof value === 'string' ? parseTimestamp(value) : undefined
    if (us === undefined) return refused(field, 'not an RFC 3339 time', value)
    event[key] = us
  }
  return undefined
}

function readApplication(value: unknown, event: FlowEvent): Parsed<never> | undefined {
  if (value === undefined || value === null || value === '') return undefined
  if (typeof value !== 'string' || value.length > APPLICATION_LENGTH) {
    return refused('Application', `not a text of at most ${APPLICATION_LENGTH} characters`, value)
  }
  event.application = value
  return undefined
}

function isId(value: unknown): value is string | number {
  return typeof value === 'number' || (typeof value === 'string' && value !== '')
}
