/** Deeper than any block that means something. */
export const DEPTH_MAX = 64

/**
 * Whether JSON is nested no deeper than it may be. To read it exactly or to write it takes a piece of the stack for
 * each level, and where that is used up ends the program.
 */
export function isWithinDepth(json: unknown, levels = DEPTH_MAX): boolean {
  if (typeof json !== 'object' || json === null) return true
  return levels > 0 && Object.values(json).every(value => isWithinDepth(value, levels - 1))
}
