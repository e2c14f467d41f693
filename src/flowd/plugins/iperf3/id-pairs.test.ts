import { describe, expect, it } from 'vitest'
import { parseConfiguration } from '../../../common/index.ts'
import { REGISTRY_SNAPSHOT, Registry } from '../../../scitags/index.ts'
import { complaintsOfPairs, idPairs } from './id-pairs.ts'
import { IPERF3_OPTIONS, type Iperf3Options } from './options.ts'

const registry = new Registry(REGISTRY_SNAPSHOT)

function options(change: Partial<Iperf3Options> = {}): Iperf3Options {
  return { ...parseConfiguration(IPERF3_OPTIONS, '', 'defaults').values, ...change }
}

describe('pairs of ids', () => {
  it('take turns, or are drawn', () => {
    const inTurn = idPairs(options())
    expect(Array.from({ length: 4 }, () => inTurn().experiment)).toEqual([0, 1, 2, 0])
    const drawn = idPairs(options({ randomIDs: true }))
    expect(new Set(Array.from({ length: 100 }, () => drawn().activity))).toEqual(new Set([0, 1, 2]))
  })

  it('are of two lists of one length', () => {
    expect(complaintsOfPairs(options(), registry)).toEqual([])
    expect(complaintsOfPairs(options({ experimentIDs: [1] }), registry)).toEqual([
      { key: 'activityIDs', message: 'has 3 activities for 1 experiments: both lists must be of one length' },
    ])
  })

  it('are known to the registry, if that can be judged yet', () => {
    const change = options({ experimentIDs: ['cms', 'nobody', 'atlas'], activityIDs: ['perfSONAR', 1, 'nothing'] })
    expect(complaintsOfPairs(change, registry).map(({ key }) => key)).toEqual(['experimentIDs[1]', 'activityIDs[2]'])
    expect(complaintsOfPairs(change, undefined)).toEqual([])
  })
})
