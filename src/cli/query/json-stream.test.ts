import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { jsonStream } from './json-stream.ts'

async function* cut(text: string, at: readonly number[]): AsyncGenerator<string> {
  let from = 0
  for (const to of [...at].sort((a, b) => a - b)) {
    if (to <= from || to >= text.length) continue
    yield text.slice(from, to)
    from = to
  }
  yield text.slice(from)
}

async function read(chunks: AsyncIterable<string>): Promise<unknown[]> {
  const values: unknown[] = []
  for await (const value of jsonStream(chunks)) values.push(value)
  return values
}

describe('jsonStream', () => {
  it('finds the values wherever the chunks end', async () => {
    const value = fc.oneof(fc.array(fc.jsonValue()), fc.dictionary(fc.string({ unit: 'grapheme' }), fc.jsonValue()))
    await fc.assert(
      fc.asyncProperty(fc.array(value, { maxLength: 6 }), fc.array(fc.nat(500)), async (values, cuts) => {
        const text = values.map(one => JSON.stringify(one)).join('')
        expect(await read(cut(text, cuts))).toEqual(values.map(one => JSON.parse(JSON.stringify(one)) as unknown))
      }),
    )
  })

  it('gives a value as soon as it is complete', async () => {
    async function* slow(): AsyncGenerator<string> {
      yield '[{"a":"}]"}]{"b'
      throw new Error('the stream broke')
    }
    const values = jsonStream(slow())
    expect((await values.next()).value).toEqual([{ a: '}]' }])
    await expect(values.next()).rejects.toThrow('the stream broke')
  })

  it('looks at each character once, however many chunks a list has', async () => {
    const text = JSON.stringify(
      Array.from({ length: 100_000 }, (_, id) => ({ name: `flow ${id}`, text: 'x'.repeat(200) })),
    )
    const ends = Array.from({ length: Math.floor(text.length / 16_384) }, (_, index) => (index + 1) * 16_384)
    // Of the processor's time, so that what else the machine does counts for neither.
    const spent = async (work: () => unknown): Promise<number> => {
      const before = process.cpuUsage()
      await work()
      const { user, system } = process.cpuUsage(before)
      return user + system
    }
    const parsedUs = await spent(() => JSON.parse(text) as unknown)
    expect((await spent(() => read(cut(text, ends)))) / parsedUs).toBeLessThan(20)
  })

  it('throws on what is no JSON', async () => {
    await expect(read(cut('[1,]', []))).rejects.toThrow(SyntaxError)
  })
})
