import { APPLICATION_LENGTH, type Endpoint, type Parsed, type Registry, refused } from '../../scitags/index.ts'
import type { FlowEvent, FlowState, Usage } from '../event.ts'
import { joinEndpoints, readEndpoint, readIds } from '../events/index.ts'

type Fields = Readonly<Record<string, unknown>>

const STATES: readonly unknown[] = ['start', 'ongoing', 'end'] satisfies FlowState[]

/**
 * Reads an event that a module from outside emits: a `FlowEvent`, but with names of the registry where ids are, if it
 * likes, and without what follows from the rest (family, origin). Never throws.
 */
export function readModuleEvent(value: unknown, registry: Registry, origin: string): Parsed<FlowEvent> {
  const fields = fieldsOf(value)
  const { state, experiment, activity } = fields
  if (!isState(state)) return refused('state', "none of 'start', 'ongoing', 'end'", state)
  const flow = fieldsOf(fields['flow'])
  const { protocol } = flow
  if (protocol !== 'tcp' && protocol !== 'udp') return refused('flow.protocol', "neither 'tcp' nor 'udp'", protocol)
  const source = readEnd('source', flow['source'])
  if (!source.ok) return source
  const destination = readEnd('destination', flow['destination'])
  if (!destination.ok) return destination
  const ids = readIds(idOf(experiment), idOf(activity), registry)
  if (!ids.ok) return ids
  const event: FlowEvent = {
    state,
    flow: joinEndpoints(protocol, source.value, destination.value),
    ...ids.value,
    origin,
  }
  return readRest(fields, event) ?? { ok: true, value: event }
}

function readEnd(end: 'source' | 'destination', value: unknown): Parsed<Endpoint> {
  const { address, port } = fieldsOf(value)
  return readEndpoint(end, typeof address === 'string' ? address : '', typeof port === 'number' ? `${port}` : '')
}

function readRest(fields: Fields, event: FlowEvent): Parsed<never> | undefined {
  const { application, startTimeUs, endTimeUs, usage } = fields
  if (application !== undefined) {
    if (typeof application !== 'string' || application.length > APPLICATION_LENGTH)
      return refused('application', `not a text of at most ${APPLICATION_LENGTH} characters`, application)
    event.application = application
  }
  for (const [key, time] of [['startTimeUs', startTimeUs] as const, ['endTimeUs', endTimeUs] as const]) {
    if (time === undefined) continue
    if (!isCount(time)) return refused(key, 'not microseconds since 1970', time)
    event[key] = time
  }
  if (usage !== undefined) {
    if (!isUsage(usage)) return refused('usage', 'not {sentBytes, receivedBytes}', usage)
    event.usage = { sentBytes: usage.sentBytes, receivedBytes: usage.receivedBytes }
  }
  return undefined
}

function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : {}
}

function idOf(value: unknown): string | number {
  return typeof value === 'string' || typeof value === 'number' ? value : ''
}

function isState(value: unknown): value is FlowState {
  return STATES.includes(value)
}

function isUsage(value: unknown): value is Usage {
  const { sentBytes, receivedBytes } = fieldsOf(value)
  return isCount(sentBytes) && isCount(receivedBytes)
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}
