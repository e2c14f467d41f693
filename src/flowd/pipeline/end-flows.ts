import type { EndReason, Flow } from '../flow.ts'
import type { FlowTable, LiveFlow } from '../flow-table/index.ts'
import { afterSlice } from './pace.ts'

/** Which flows end, why, and how fast. */
export interface Ending {
  isChosen: (flow: Flow) => boolean
  reason: EndReason
  /** How many ends can be announced now. */
  room: () => number
  /** On the clock that never jumps (`performance.now`). */
  deadlineMs: number
}

/**
 * Ends the live flows that are chosen, as fast as there is room for the news.
 *
 * @returns how many are live still when the time is over
 */
export async function endFlows(table: FlowTable, { isChosen, reason, room, deadlineMs }: Ending): Promise<number> {
  while (performance.now() < deadlineMs) {
    const maximum = room()
    const chosen = choose(table, isChosen, maximum)
    for (const flow of chosen) table.end(flow, reason)
    if (chosen.length < maximum) return 0
    await afterSlice(maximum)
  }
  return choose(table, isChosen, Number.POSITIVE_INFINITY).length
}

function choose(table: FlowTable, isChosen: (flow: Flow) => boolean, maximum: number): LiveFlow[] {
  const chosen: LiveFlow[] = []
  for (const flow of table.flows()) {
    if (chosen.length >= maximum) break
    if (isChosen(flow)) chosen.push(flow)
  }
  return chosen
}
