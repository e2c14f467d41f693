import { fits } from './fits.ts'
import { ACTIVITY_MAX, EXPERIMENT_MAX } from './ids.ts'

const ACTIVITY_BITS = 6

/** What a protocol tag says. */
export interface ProtocolTag {
  /** 0-1023: one bit more than a flow label carries */
  experiment: number
  /** 0-63 */
  activity: number
}

/**
 * The number by which transfer protocols name experiment and activity (HTTP header `SciTag`, xroot `scitag.flow`).
 * It is not the flow label, with which it is often confused.
 *
 * @throws RangeError when an id does not fit
 */
export function encodeProtocolTag({ experiment, activity }: ProtocolTag): number {
  if (!fits(experiment, EXPERIMENT_MAX) || !fits(activity, ACTIVITY_MAX)) {
    throw new RangeError(`experiment ${experiment}, activity ${activity} do not fit a protocol tag`)
  }
  return (experiment << ACTIVITY_BITS) | activity
}

/** Reads a tag of 0-65535; undefined for any other number. */
export function decodeProtocolTag(tag: number): ProtocolTag | undefined {
  if (!fits(tag, 0xffff)) return undefined
  return { experiment: tag >>> ACTIVITY_BITS, activity: tag & ACTIVITY_MAX }
}
