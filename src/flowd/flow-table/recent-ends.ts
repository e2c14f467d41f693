import type { TimestampUs } from '../../scitags/index.ts'
import type { EndReason, Flow } from '../flow.ts'
import { Recent } from './recent.ts'

/** How long an end is remembered, and how many are. */
const MEMORY_MS = 60_000
const MAX_ENDS = 65_536

/**
 * Flows that ended a moment ago: an end is often told twice, by the death of the socket and by the program that had it,
 * or by both hosts.
 */
export class RecentEnds {
  readonly #ends = new Recent<{ endTimeUs: TimestampUs; reason: EndReason }>(MEMORY_MS, MAX_ENDS)

  /** Only what surely was the end is noted: a flow that was silent or whose plugin is off may go on. */
  note({ key, endTimeUs }: Flow, reason: EndReason): void {
    if (endTimeUs === undefined || (reason !== 'event' && reason !== 'socket')) return
    this.#ends.note(key, { endTimeUs, reason })
  }

  /**
   * Whether an event that is no start tells of a flow whose end is known.
   *
   * @param startTimeUs when the flow began, if the event says so; without it only the death of a socket is taken for
   *   the same end
   */
  has(key: string, startTimeUs: TimestampUs | undefined): boolean {
    const end = this.#ends.get(key)
    if (end === undefined) return false
    return startTimeUs === undefined ? end.reason === 'socket' : startTimeUs < end.endTimeUs
  }
}
