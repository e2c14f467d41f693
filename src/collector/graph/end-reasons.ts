import type { EndReason } from './source.ts'
import { STATE, WORD } from './storage/layout.ts'
import type { Rows } from './storage/rows.ts'

const END_REASONS: readonly EndReason[] = ['reported', 'restarted', 'silent', 'shutdown', 'swept']

/** Why a record ended; undefined while it lives. */
export function endReasonOf(rows: Rows, row: number): EndReason | undefined {
  const state = rows.word(row, WORD.state)
  return (state & STATE.ended) === 0 ? undefined : END_REASONS[(state & STATE.reasonMask) >>> STATE.reasonShift]
}

/** Marks a record as ended; all but `reported` are conclusions of our own, which the source may refute. */
export function setEndReason(rows: Rows, row: number, reason: EndReason): void {
  rows.clear(row, STATE.reasonMask | STATE.inferredEnd)
  rows.set(row, STATE.ended | (END_REASONS.indexOf(reason) << STATE.reasonShift))
  if (reason !== 'reported') rows.set(row, STATE.inferredEnd)
}

/** Marks a record as alive. */
export function clearEndReason(rows: Rows, row: number): void {
  rows.clear(row, STATE.ended | STATE.inferredEnd | STATE.reasonMask)
}
