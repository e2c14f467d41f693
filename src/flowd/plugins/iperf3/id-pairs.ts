import { TidemarkError } from '../../../common/index.ts'
import type { Registry } from '../../../scitags/index.ts'
import { readIds } from '../../events/index.ts'
import type { Iperf3Options } from './options.ts'

/** Experiment and activity of one connection. */
export interface IdPair {
  experiment: number
  activity: number
}

/**
 * Hands out the configured pairs, in turn or at random.
 *
 * @throws TidemarkError IPERF3_IDS_INVALID
 */
export function idPairs(options: Iperf3Options, registry: Registry): () => IdPair {
  const { experimentIDs, activityIDs, randomIDs } = options
  if (experimentIDs.length !== activityIDs.length) {
    throw invalid(`${experimentIDs.length} experimentIDs cannot be paired with ${activityIDs.length} activityIDs`)
  }
  const pairs = experimentIDs.map((experiment, index) => {
    const read = readIds(experiment, activityIDs[index] ?? '', registry)
    if (!read.ok) throw invalid(`${read.field} is ${read.problem}`)
    return read.value
  })
  let turn = 0
  return () => {
    const index = randomIDs ? Math.floor(Math.random() * pairs.length) : turn++ % pairs.length
    return pairs[index]!
  }
}

function invalid(problem: string): TidemarkError {
  return new TidemarkError('IPERF3_IDS_INVALID', { problem })
}
