import { TidemarkError } from '../../common/index.ts'
import { type Parsed, type ParseFailure, type Registry, refused } from '../../scitags/index.ts'
import type { FlowEvent } from '../event.ts'
import { joinEndpoints, readEndpoint, warningOfTuple } from './five-tuple.ts'
import { readIds, warningOfIds } from './ids.ts'

/** The grammar of one line, as messages show it. */
const EVENT_LINE_GRAMMAR = 'start|end tcp|udp SOURCE-IP SOURCE-PORT DESTINATION-IP DESTINATION-PORT EXPERIMENT ACTIVITY'

/** An event that was read, with what is odd about it. */
export interface ReadEvent {
  event: FlowEvent
  warnings: readonly string[]
}

/**
 * Reads a line of the pipe (flowd-go's grammar): eight fields separated by any white space, words in any case, the
 * last two ids or names of the registry.
 *
 * @param origin who read it
 */
export function readEventLine(line: string, registry: Registry, origin: string): Parsed<ReadEvent> {
  const fields = line.trim().split(/\s+/)
  const [stateText = '', protocolText = '', sourceIp = '', sourcePort = '', destinationIp = '', destinationPort = ''] =
    fields
  if (fields.length !== 8) return refused('', `${fields.length} fields instead of 8`)
  const state = stateText.toLowerCase()
  if (state !== 'start' && state !== 'end') return refused('state', "neither 'start' nor 'end'", stateText)
  const protocol = protocolText.toLowerCase()
  if (protocol !== 'tcp' && protocol !== 'udp') return refused('protocol', "neither 'tcp' nor 'udp'", protocolText)
  const source = readEndpoint('source', sourceIp, sourcePort)
  if (!source.ok) return source
  const destination = readEndpoint('destination', destinationIp, destinationPort)
  if (!destination.ok) return destination
  const ids = readIds(fields[6] ?? '', fields[7] ?? '', registry)
  if (!ids.ok) return ids
  const { experiment, activity } = ids.value
  const flow = joinEndpoints(protocol, source.value, destination.value)
  // An end repeats what its start said.
  const found = state === 'start' ? [warningOfTuple(flow), warningOfIds(ids.value)] : []
  const warnings = found.filter(warning => warning !== undefined)
  return { ok: true, value: { event: { state, flow, experiment, activity, origin }, warnings } }
}

/** Why a line was refused, as an error of the table. */
export function eventLineError({ field, problem }: ParseFailure): TidemarkError {
  const reason = field === '' ? problem : `${field}: ${problem}`
  return new TidemarkError('EVENT_REFUSED', { reason, grammar: EVENT_LINE_GRAMMAR })
}

/** Where an event begins within a line. */
const BEGINNING = /(?:start|end)\s+(?:tcp|udp)\s/gi

/**
 * The lines that a line is made of when all but the last were written without their line feed: it was forgotten, or the
 * writer was killed in the middle. Undefined when it is one line.
 */
export function splitRunTogether(line: string): string[] | undefined {
  const starts = Array.from(line.matchAll(BEGINNING), ({ index }) => index)
  const isBlankBefore = line.slice(0, starts[0] ?? 0).trim() === ''
  starts.splice(0, isBlankBefore ? 1 : 0, 0)
  if (starts.length < 2 || !beginsLikeEvent(line.slice(0, starts[1]))) return undefined
  return starts.map((start, index) => line.slice(start, starts[index + 1]))
}

/** Whether a text is an event or the beginning of one, not a comment, say, before one. */
function beginsLikeEvent(text: string): boolean {
  const word = text.trim().split(/\s/, 1)[0]?.toLowerCase() ?? ''
  return 'start'.startsWith(word) || 'end'.startsWith(word)
}
