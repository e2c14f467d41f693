import { expect, it } from 'vitest'
import { formatDuration } from './duration.ts'

it.each([
  [undefined, '-'],
  [0, '0 uS'],
  [999, '999 uS'],
  [1500, '1.50 mS'],
  [59_999_999, '60.00 sec'],
  [60_000_000, '1:00'],
  [3_599_999_999, '59:59'],
  [3_600_000_000, '1:00:00'],
  [90_061_000_000, '1d 1:01'],
])('%s µs is printed as the prototype does: %s', (us, text) => {
  expect(formatDuration(us)).toBe(text)
})
