import { expect, it } from 'vitest'
import { formatDuration } from './duration.ts'

it.each([
  [undefined, ''],
  [-3, '0 µs'],
  [0, '0 µs'],
  [999, '999 µs'],
  [1500, '1.50 ms'],
  [16_484, '16.5 ms'],
  [679_000, '679 ms'],
  [999_600, '1.0 s'],
  [26_720_000, '26.7 s'],
  [59_999_999, '1m00s'],
  [245_000_000, '4m05s'],
  [3_599_999_999, '1h00m'],
  [3_720_000_000, '1h02m'],
  [90_061_000_000, '1d01h'],
])('%s µs are printed as %s', (us, text) => {
  expect(formatDuration(us)).toBe(text)
})
