import { describe, expect, it } from 'vitest'
import { silentLogger } from '../../common/index.ts'
import { REGISTRY_SNAPSHOT, Registry } from '../../scitags/index.ts'
import type { FlowEvent } from '../event.ts'
import type { Outcome } from '../flow-table/index.ts'
import { sendLines } from './send-lines.ts'

const registry = new Registry(REGISTRY_SNAPSHOT)

function send(lines: readonly string[], outcome: Outcome = 'started') {
  const events: FlowEvent[] = []
  const emit = (event: FlowEvent): Outcome => {
    events.push(event)
    return outcome
  }
  return { events, result: sendLines(lines, { registry, emit, maxFlows: 7, log: silentLogger }) }
}

describe('lines that are sent', () => {
  it('become events; blank ones do nothing', () => {
    const { events, result } = send(['start tcp ::1 1 ::2 2 cms 14', '', '  '])
    expect(result).toEqual({ accepted: 1, refused: [], warnings: [] })
    expect(events).toMatchObject([{ state: 'start', experiment: 3, activity: 14, origin: 'control' }])
  })

  it('are taken with a warning when they say what cannot be marked', () => {
    const { result } = send(['', 'start tcp ::1 1 ::2 2 600 3', 'end tcp ::1 1 ::2 2 600 3'])
    const warnings = [{ line: 2, warning: expect.stringContaining('announced, not marked') as string }]
    expect(result).toEqual({ accepted: 2, refused: [], warnings })
  })

  it('are refused one by one, each with its number, blank lines counted', () => {
    const { events, result } = send(['', 'nonsense', 'start tcp ::1 1 ::2 2 cms 14', 'start tcp x 1 ::2 2 cms 14'])
    expect(result.accepted).toBe(1)
    expect(result.refused.map(({ line, error }) => [line, error.code])).toEqual([
      [2, 'EVENT_REFUSED'],
      [4, 'EVENT_REFUSED'],
    ])
    expect(events).toHaveLength(1)
  })

  it.each([
    ['unknown-end', 'FLOW_UNKNOWN'],
    ['table-full', 'FLOW_TABLE_FULL'],
  ] as const)('are refused when the table says %s', (outcome, code) => {
    const { result } = send(['end tcp ::1 1 ::2 2 cms 14'], outcome)
    expect(result).toMatchObject({ accepted: 0, refused: [{ line: 1, error: { code } }] })
  })
})
