import { isDeepStrictEqual } from 'node:util'
import type { FlowdConfiguration } from '../configuration/index.ts'

/** Keys that only a restart changes. */
const FIXED_KEYS = ['pidPath', 'workDir', 'controlSocket', 'drainSeconds', 'flowTable', 'registry', 'modules'] as const

/**
 * What is in force after a reload: all that the file says now, but for the keys that only a restart changes.
 *
 * @returns `held`: those of them that the file has changed
 */
export function keepFixedKeys(
  inForce: FlowdConfiguration,
  loaded: FlowdConfiguration,
): { configuration: FlowdConfiguration; held: readonly string[] } {
  const kept = Object.fromEntries(FIXED_KEYS.map(key => [key, inForce[key]]))
  return {
    configuration: { ...loaded, ...kept },
    held: FIXED_KEYS.filter(key => !isDeepStrictEqual(loaded[key], inForce[key])),
  }
}
