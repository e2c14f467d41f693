import { errorBody, type Logger, TidemarkError } from '../../common/index.ts'
import { flowKey, type Registry } from '../../scitags/index.ts'
import type { FlowEvent } from '../event.ts'
import { EVENT_LINE_GRAMMAR, readEventLine } from '../events/index.ts'
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
  const result: SendResult = { accepted: 0, refused: [] }
  for (const [index, line] of lines.entries()) {
    if (line.trim() === '') continue
    const problem = sendLine(line, target)
    if (problem === undefined) result.accepted += 1
    else result.refused.push({ line: index + 1, error: errorBody(problem) })
  }
  return result
}

function sendLine(line: string, { registry, emit, maxFlows, log }: LineTarget): TidemarkError | undefined {
  const read = readEventLine(line, registry, 'control')
  if (!read.ok) {
    const reason = read.field === '' ? read.problem : `${read.field}: ${read.problem}`
    return new TidemarkError('EVENT_REFUSED', { reason, grammar: EVENT_LINE_GRAMMAR })
  }
  const { event, warnings } = read.value
  for (const warning of warnings) log.warn({ line }, warning)
  switch (emit(event)) {
    case 'unknown-end':
      return new TidemarkError('FLOW_UNKNOWN', { flow: flowKey(event.flow) })
    case 'table-full':
      return new TidemarkError('FLOW_TABLE_FULL', { limit: maxFlows })
    default:
      return undefined
  }
}
