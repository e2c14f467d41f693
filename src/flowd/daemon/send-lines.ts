import { errorBody, type Logger, TidemarkError } from '../../common/index.ts'
import { flowKey, type Registry } from '../../scitags/index.ts'
import type { FlowEvent } from '../event.ts'
import { eventLineError, readEventLine } from '../events/index.ts'
import type { Outcome } from '../flow-table/index.ts'
import type { SendResult } from './control-port.ts'

/** Where the events of lines go. */
export interface LineTarget {
  /** The names that lines may use. */
  registry: Registry
  emit: (event: FlowEvent) => Outcome | undefined
  /** How many flows the table holds, for the message when it is full. */
  maxFlows: number
  log: Logger
}

/** Reads lines in the pipe's grammar and emits their events; blank lines count, and do nothing. */
export function sendLines(lines: readonly string[], target: LineTarget): SendResult {
  const result: SendResult = { accepted: 0, refused: [], warnings: [] }
  for (const [index, text] of lines.entries()) {
    if (text.trim() === '') continue
    const line = index + 1
    const { problem, warnings = [] } = sendLine(text, target)
    if (problem !== undefined) result.refused.push({ line, error: errorBody(problem) })
    else {
      result.accepted += 1
      result.warnings.push(...warnings.map(warning => ({ line, warning })))
    }
  }
  return result
}

function sendLine(
  line: string,
  { registry, emit, maxFlows, log }: LineTarget,
): { problem?: TidemarkError; warnings?: readonly string[] } {
  const read = readEventLine(line, registry, 'control')
  if (!read.ok) return { problem: eventLineError(read) }
  const { event, warnings } = read.value
  for (const warning of warnings) log.warn({ line }, warning)
  switch (emit(event)) {
    case 'unknown-end':
      return { problem: new TidemarkError('FLOW_UNKNOWN', { flow: flowKey(event.flow) }) }
    case 'table-full':
      return { problem: new TidemarkError('FLOW_TABLE_FULL', { limit: maxFlows }) }
    default:
      return { warnings }
  }
}
