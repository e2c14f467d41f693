import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatTimestamp, parseTimestamp } from './timestamp.ts'

const NOON = Date.UTC(2025, 11, 11, 12) * 1000

describe('timestamps', () => {
  it.each([
    [NOON + 500_000, '2025-12-11T12:00:00.5+00:00'],
    [NOON, '2025-12-11T12:00:00+00:00'],
    [NOON + 998_202, '2025-12-11T12:00:00.998202+00:00'],
    [NOON + 1, '2025-12-11T12:00:00.000001+00:00'],
  ])('V74: %i is %s', (us, text) => {
    expect(formatTimestamp(us)).toBe(text)
    expect(parseTimestamp(text)).toBe(us)
  })

  it.each([
    ['2021-09-07T22:22:21Z', Date.UTC(2021, 8, 7, 22, 22, 21) * 1000],
    ['2021-09-07t22:22:21.25z', Date.UTC(2021, 8, 7, 22, 22, 21) * 1000 + 250_000],
    ['2021-09-07T22:22:21+02:00', Date.UTC(2021, 8, 7, 20, 22, 21) * 1000],
    ['2021-09-07T22:22:21.123456789-05:30', Date.UTC(2021, 8, 8, 3, 52, 21) * 1000 + 123_456],
    ['2016-12-31T23:59:60Z', Date.UTC(2017, 0, 1) * 1000],
    ['2024-02-29T00:00:00Z', Date.UTC(2024, 1, 29) * 1000],
  ])('reads %s', (text, us) => expect(parseTimestamp(text)).toBe(us))

  it.each([
    '',
    '-',
    '2021-09-07',
    '2021-09-07T22:22:21',
    '2021-02-29T00:00:00Z',
    '2021-13-01T00:00:00Z',
    '2021-00-01T00:00:00Z',
    '2021-01-00T00:00:00Z',
    '2021-01-01T24:00:00Z',
    '2021-01-01T00:60:00Z',
    '2021-01-01T00:00:61Z',
    '2021-01-01T00:00:00+24:00',
    '2021-01-01T00:00:00.Z',
    '1969-12-31T23:59:59Z',
    ' 2021-01-01T00:00:00Z',
  ])('refuses %j', text => expect(parseTimestamp(text)).toBeUndefined())

  it('gives back every microsecond from 1970 to 2255', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }), us => {
        expect(parseTimestamp(formatTimestamp(us))).toBe(us)
      }),
    )
  })

  it('refuses to write what is no time', () => {
    for (const us of [-1, Number.NaN, Number.POSITIVE_INFINITY]) expect(() => formatTimestamp(us)).toThrow(RangeError)
  })
})
