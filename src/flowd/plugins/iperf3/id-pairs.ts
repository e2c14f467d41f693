import { complaintsOfIds } from '../../events/index.ts'
import type { KnownNames, UnitComplaint } from '../../unit.ts'
import type { Iperf3Options } from './options.ts'

/** Experiment and activity as the configuration has them. */
export interface IdPair {
  experiment: string | number
  activity: string | number
}

/** Hands out the configured pairs, in turn or at random. */
export function idPairs(options: Iperf3Options): () => IdPair {
  const pairs = pairsOf(options)
  let turn = 0
  return () => {
    const index = options.randomIDs ? Math.floor(Math.random() * pairs.length) : turn++ % pairs.length
    return pairs[index]!
  }
}

/** What is wrong with the lists, as far as it can be known before the registry is fetched. */
export function complaintsOfPairs(options: Iperf3Options, known: KnownNames): readonly UnitComplaint[] {
  const { experimentIDs, activityIDs } = options
  if (experimentIDs.length !== activityIDs.length) {
    const message = `has ${activityIDs.length} activities for ${experimentIDs.length} experiments: both lists must be of one length`
    return [{ key: 'activityIDs', message }]
  }
  return pairsOf(options).flatMap((pair, index) => {
    const keys = { experiment: `experimentIDs[${index}]`, activity: `activityIDs[${index}]` }
    return complaintsOfIds({ ...pair, keys }, known)
  })
}

function pairsOf({ experimentIDs, activityIDs }: Iperf3Options): IdPair[] {
  return experimentIDs.map((experiment, index) => ({ experiment, activity: activityIDs[index] ?? '' }))
}
