import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { editDistance, suggest } from './suggest.ts'

describe('suggest', () => {
  it('finds the near key and none when all are far', () => {
    expect(suggest('activityID', ['activityId', 'experimentId'])).toBe('activityId')
    expect(suggest('bindprt', ['bindAddress', 'bindPort'])).toBe('bindPort')
    expect(suggest('markingStrategie', ['markingStrategy', 'matchAll'])).toBe('markingStrategy')
    expect(suggest('zzz', ['bindAddress', 'bindPort'])).toBeUndefined()
  })
})

describe('editDistance', () => {
  it('is a distance', () => {
    const word = fc.string({ maxLength: 8 })
    fc.assert(
      fc.property(word, word, word, (a, b, c) => {
        expect(editDistance(a, a)).toBe(0)
        expect(editDistance(a, b)).toBe(editDistance(b, a))
        expect(editDistance(a, c)).toBeLessThanOrEqual(editDistance(a, b) + editDistance(b, c))
        if (a !== b) expect(editDistance(a, b)).toBeGreaterThan(0)
      }),
    )
  })
})
