import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { REGISTRY_SNAPSHOT, Registry } from './registry.ts'
import { parseRegistryDocument } from './registry-document.ts'

describe('registry', () => {
  const registry = new Registry(REGISTRY_SNAPSHOT)

  it('knows the public list, both ways', () => {
    expect(REGISTRY_SNAPSHOT.experiments.map(({ expName }) => expName)).toEqual(
      'default atlas cms lhcb alice belleii ska dune lsst ilc auger juno nova xenon'.split(' '),
    )
    expect(registry.experimentId('cms')).toBe(3)
    expect(registry.experimentName(3)).toBe('cms')
    expect(registry.activityId(3, 'Analysis Input')).toBe(14)
    expect(registry.activityName(3, 14)).toBe('Analysis Input')
    for (const { expId } of REGISTRY_SNAPSHOT.experiments) expect(registry.activityName(expId, 1)).toBe('default')
  })

  it.each(['CMS', ' Cms ', 'c-m-s'])('finds an experiment as %j', name => expect(registry.experimentId(name)).toBe(3))

  it.each(['data challenge', 'DATA-CHALLENGE', 'Data_Challenge', 'DataChallenge'])('finds an activity as %j', name =>
    expect(registry.activityId(2, name)).toBe(26),
  )

  it('knows nothing of others', () => {
    expect(registry.experimentId('icecube')).toBeUndefined()
    expect(registry.activityId(12, 'perfSONAR')).toBeUndefined()
    expect(registry.activityId(99, 'default')).toBeUndefined()
    expect(registry.experimentName(99)).toBeUndefined()
    expect(registry.activityName(3, 63)).toBeUndefined()
    expect(registry.activities(99)).toEqual([])
    expect(registry.activities(13)).toEqual([{ activityName: 'default', activityId: 1 }])
  })

  it('reads its own snapshot as a document', () => {
    const read = parseRegistryDocument(JSON.stringify(REGISTRY_SNAPSHOT))
    expect(read).toEqual({ ok: true, value: REGISTRY_SNAPSHOT })
  })

  const experiment = (fields: object) =>
    JSON.stringify({ experiments: [{ expName: 'x', expId: 1, activities: [], ...fields }] })

  it.each([
    ['', ''],
    ['[]', ''],
    ['{}', 'experiments'],
    [experiment({ expId: 1024 }), 'experiments[0].expId'],
    [experiment({ expId: '1' }), 'experiments[0].expId'],
    [experiment({ expName: ' ' }), 'experiments[0].expName'],
    [experiment({ activities: {} }), 'experiments[0].activities'],
    [experiment({ activities: [7] }), 'experiments[0].activities[0]'],
    [experiment({ activities: [{ activityName: 'a', activityId: 64 }] }), 'experiments[0].activities[0].activityId'],
    [
      experiment({
        activities: [
          { activityName: 'a', activityId: 1 },
          { activityName: 'b', activityId: 1 },
        ],
      }),
      'experiments[0].activities[1]',
    ],
  ])('refuses %s at %j', (text, field) => expect(parseRegistryDocument(text)).toMatchObject({ ok: false, field }))

  it('survives any JSON', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), text => {
        const read = parseRegistryDocument(text)
        if (read.ok) expect(new Registry(read.value).document).toBe(read.value)
      }),
    )
  })
})
