import { expect, it } from 'vitest'
import { Backoff } from './backoff.ts'

it('doubles up to the longest, less the jitter, and begins anew after a success', () => {
  const longest = new Backoff(250, 5000, () => 0)
  expect([1, 2, 3, 4, 5, 6, 7].map(() => longest.next())).toEqual([250, 500, 1000, 2000, 4000, 5000, 5000])
  longest.reset()
  expect(longest.next()).toBe(250)
  const shortest = new Backoff(250, 5000, () => 0.999999)
  expect(shortest.next()).toBeCloseTo(125, 2)
})
