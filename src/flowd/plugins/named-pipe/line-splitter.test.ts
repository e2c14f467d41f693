import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { cutLinesCostNoOther, pipeBytesSurvive } from '../../../../test/support/properties/pipe.ts'
import { LineSplitter, MAX_LINE_BYTES } from './line-splitter.ts'

function splitterOf() {
  const lines: string[] = []
  let tooLong = 0
  const splitter = new LineSplitter(
    line => lines.push(line),
    () => {
      tooLong += 1
    },
  )
  return { splitter, lines, tooLong: () => tooLong }
}

describe('LineSplitter', () => {
  it('gives the same lines however the bytes are cut', () => {
    const text = fc.array(fc.string({ unit: fc.constantFrom('a', ' ', '\n', 'é', '€') }), { maxLength: 20 })
    fc.assert(
      fc.property(text, fc.array(fc.integer({ min: 1, max: 20 }), { maxLength: 100 }), (parts, cuts) => {
        const whole = Buffer.from(parts.join(''))
        const { splitter, lines } = splitterOf()
        const shared = Buffer.alloc(1000)
        let start = 0
        for (const cut of [...cuts, whole.length]) {
          const piece = shared.subarray(0, whole.copy(shared, 0, start, Math.min(start + cut, whole.length)))
          splitter.push(piece)
          shared.fill('x')
          start += piece.length
        }
        const expected = whole.toString().split('\n')
        expect([...lines, splitter.rest]).toEqual(expected)
        expect(splitter.isInsideLine).toBe(splitter.rest !== '')
      }),
      { numRuns: 2000 },
    )
  })

  it('survives any bytes', () => pipeBytesSurvive(20_000))

  it('gives every whole line although others were cut anywhere', () => cutLinesCostNoOther(20_000))

  it.each([1, 100, 4096, 5000, 1_000_000])(
    'leaves out a line that is too long, cut every %i bytes, and no other',
    size => {
      const { splitter, lines, tooLong } = splitterOf()
      const fits = 'f'.repeat(MAX_LINE_BYTES)
      const bytes = Buffer.from(
        `one\n${'x'.repeat(MAX_LINE_BYTES + 1)}\n${fits}\n${'é'.repeat(MAX_LINE_BYTES / 2 + 1)}\n${'y'.repeat(20_000)}\nlast\n`,
      )
      for (let start = 0; start < bytes.length; start += size) splitter.push(bytes.subarray(start, start + size))
      expect(lines).toEqual(['one', fits, 'last'])
      expect(tooLong()).toBe(3)
    },
  )
})
