import { fits } from './fits.ts'
import { ACTIVITY_MAX, MARKABLE_EXPERIMENT_MAX } from './ids.ts'

/**
 * The IPv6 flow label of SciTags (draft-cc-v6ops-wlcg-flow-label-marking): 20 bits, here numbered from the least
 * significant.
 *
 *     19 18 | 17 … 9              | 8 | 7 … 2    | 1 0
 *     entr. | experiment, reversed | e | activity | entr.
 *
 * The experiment's bits are reversed (its bit 0 is bit 17), so that the border to the activity can move one day.
 */
const EXPERIMENT_BITS = 9
const EXPERIMENT_SHIFT = 9
const ACTIVITY_SHIFT = 2
const ENTROPY_MAX = 0x1f

/** The bits that carry entropy, and those that carry the experiment and the activity. */
export const FLOW_LABEL_MASK = { entropy: 0xc0103, tag: 0x3fefc } as const

/** What a flow label says. */
export interface FlowLabel {
  /** 0-511 */
  experiment: number
  /** 0-63 */
  activity: number
  /** 5 bits that tell flows of one activity apart, fixed for a flow's life. */
  entropy: number
}

/** Whether the ids fit into a flow label. */
export function isMarkable(experiment: number, activity: number): boolean {
  return fits(experiment, MARKABLE_EXPERIMENT_MAX) && fits(activity, ACTIVITY_MAX)
}

/**
 * The 20-bit label.
 *
 * @throws RangeError when a field does not fit: cut ids would name another experiment
 */
export function encodeFlowLabel({ experiment, activity, entropy }: FlowLabel): number {
  if (!isMarkable(experiment, activity) || !fits(entropy, ENTROPY_MAX)) {
    throw new RangeError(`experiment ${experiment}, activity ${activity}, entropy ${entropy} do not fit a flow label`)
  }
  const spread = ((entropy & 0x18) << 15) | ((entropy & 4) << 6) | (entropy & 3)
  return spread | (reversed(experiment) << EXPERIMENT_SHIFT) | (activity << ACTIVITY_SHIFT)
}

/** Reads a label; bits above the 20 are ignored. */
export function decodeFlowLabel(label: number): FlowLabel {
  return {
    experiment: reversed((label >>> EXPERIMENT_SHIFT) & MARKABLE_EXPERIMENT_MAX),
    activity: (label >>> ACTIVITY_SHIFT) & ACTIVITY_MAX,
    entropy: ((label >>> 15) & 0x18) | ((label >>> 6) & 4) | (label & 3),
  }
}

/**
 * The entropy of a flow, 0-31: a hash (FNV-1a, then the finishing step of MurmurHash3) of the text that identifies the
 * flow, so that the same flow has the same label after a restart.
 */
export function flowEntropy(flowKey: string): number {
  let hash = 0x811c9dc5
  for (let index = 0; index < flowKey.length; index += 1) {
    hash = Math.imul(hash ^ flowKey.charCodeAt(index), 0x01000193)
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 27
}

function reversed(bits: number): number {
  let result = 0
  for (let bit = 0; bit < EXPERIMENT_BITS; bit += 1) result = (result << 1) | ((bits >>> bit) & 1)
  return result
}
