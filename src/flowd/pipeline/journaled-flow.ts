import { isEveryFlow, type TimestampUs } from '../../scitags/index.ts'
import type { Flow } from '../flow.ts'
import type { SocketProbe } from '../flow-table/index.ts'

/** A start so long after the stop goes on with its flows; later a socket with the same ports may be another's. */
export const RESTART_US = 600_000_000

/**
 * What becomes of a flow that the journal kept: it goes on (`lives`, or `may live` when its socket could not be asked
 * after), its end is announced now (`ends`), or nothing is said of it any more (`forgotten`).
 */
export type Fate = 'lives' | 'may live' | 'ends' | 'forgotten'

/**
 * Decides what becomes of a flow that was live before a restart. One whose end was announced goes on only if its socket
 * surely is the one it had.
 *
 * @param flow its `endTimeUs` says when a stop announced its end; undefined after a crash
 */
export function fateOf(flow: Flow, probe: SocketProbe, nowUs: TimestampUs): Fate {
  const { endTimeUs } = flow
  // What stands for every packet has no socket: whoever declared it does so again.
  const verdict = isEveryFlow(flow.tuple) ? 'gone' : probe(flow.tuple)
  if (endTimeUs !== undefined) {
    return verdict === 'alive' && nowUs - endTimeUs <= RESTART_US ? 'lives' : 'forgotten'
  }
  if (verdict === 'gone') return 'ends'
  return verdict === 'alive' ? 'lives' : 'may live'
}
