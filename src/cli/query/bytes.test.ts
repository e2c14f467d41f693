import { expect, it } from 'vitest'
import { formatBytes } from './bytes.ts'

it.each([
  [undefined, ''],
  [0, '0 B'],
  [999, '999 B'],
  [1000, '1.00 kB'],
  [9994, '9.99 kB'],
  [9999, '10.0 kB'],
  [26_244, '26.2 kB'],
  [99_960, '100 kB'],
  [999_400, '999 kB'],
  [999_600, '1.00 MB'],
  [11_606_000, '11.6 MB'],
  [9_007_199_254_740_991, '9.01 PB'],
  [5e18, '5000 PB'],
])('%s bytes are printed as %s', (bytes, text) => {
  expect(formatBytes(bytes)).toBe(text)
})
