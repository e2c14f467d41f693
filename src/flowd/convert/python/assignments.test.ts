import { execFileSync } from 'node:child_process'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readAssignments } from './assignments.ts'
import { isSequence, type PythonValue } from './value.ts'

/** A value as JSON would have it: sequences as lists, dictionaries as lists of pairs. */
function plain(value: PythonValue): unknown {
  if (typeof value !== 'object' || value === null) return value
  return isSequence(value) ? value.items.map(plain) : { pairs: value.entries.map(pair => pair.map(plain)) }
}

function read(text: string): { values: Record<string, unknown>; unread: string[] } {
  const { assignments, unread } = readAssignments(text)
  return {
    values: Object.fromEntries([...assignments].map(([name, { value }]) => [name, plain(value)])),
    unread: unread.map(({ line, name, reason }) => `${line} ${name ?? '-'} ${reason}`),
  }
}

describe('Python assignments', () => {
  it.each<[string, Record<string, unknown>]>([
    ['A = "x"', { A: 'x' }],
    ["A='x' # comment", { A: 'x' }],
    ['A = 5\nB = -1_000\nC = 0x1F\nD = 1.5e1\nE = 0o17\nF = 0', { A: 5, B: -1000, C: 31, D: 15, E: 15, F: 0 }],
    ['A = True; B = False; C = None', { A: true, B: false, C: null }],
    [
      'A = [1, "x", [2,],]\nB = ()\nC = (1,)\nD = (1)\nE = {1, 2}',
      { A: [1, 'x', [2]], B: [], C: [1], D: 1, E: [1, 2] },
    ],
    [
      'A = {}\nB = {"k": (1, 2), 3: None,}',
      {
        A: { pairs: [] },
        B: {
          pairs: [
            ['k', [1, 2]],
            [3, null],
          ],
        },
      },
    ],
    ['A = "x", "y"', { A: ['x', 'y'] }],
    ['A = "x" \'y\' """z"""', { A: 'xyz' }],
    [
      'A = "x" + (\'y\' "z")\nB = ["x"] + ["y",]\nC = "x" + \\\n  "y", "z"',
      { A: 'xyz', B: ['x', 'y'], C: ['xy', 'z'] },
    ],
    ['A = ["x",  # one\n\n     "y"\n]\nB = 1', { A: ['x', 'y'], B: 1 }],
    ['A = \\\n  "x" \\\n  "y"', { A: 'xy' }],
    ['A = """first\nsecond"""\nB = 2', { A: 'first\nsecond', B: 2 }],
    ["A = 'it\\'s \\x41\\u00e9\\101\\n\\q'", { A: "it's AéA\n\\q" }],
    ["A = r'\\n'\nB = u'x'", { A: '\\n', B: 'x' }],
    ['A = B = "x"', { A: 'x', B: 'x' }],
    ['A: str = "x"', { A: 'x' }],
    ['A = 1\nA = 2', { A: 2 }],
    ['\u{feff}A = 1\r\nB = 2\r', { A: 1, B: 2 }],
    ['"""What this is."""\npass\n\nA = 1', { A: 1 }],
    ['__proto__ = 1\nA = 2', { ['__proto__']: 1, A: 2 }],
  ])('reads %j', (text, values) => {
    expect(read(text)).toEqual({ values, unread: [] })
  })

  it.each([
    ['import os', '1 - is no assignment'],
    ['A = os.environ["X"]', '1 A is computed'],
    ['A = 1 + 1', '1 A is computed'],
    ['A = "x" + 1', '1 A is computed'],
    ['A = "x" + B', '1 A is computed'],
    ['A = ["x"] + "y"', '1 A is computed'],
    ['A = "x" +', '1 A is computed'],
    ['A = toString', '1 A is computed'],
    ['A += 1', '1 - is no assignment'],
    ['A == 1', '1 - is no assignment'],
    ['A[0] = 1', '1 - is no assignment'],
    ['\nif True:\n    A = 1', '2 - is no assignment|3 A stands in a block, which would have to be run'],
    ['else: A = 1', '1 - is no assignment'],
    ['A = f"{x}"', '1 A is put together by code (an f-string)'],
    ['A = b"x"', '1 A has bytes where a text belongs'],
    ['A = "x\nB = 1', '1 A has a text whose closing quote is missing'],
    ['A = [1,\nB = 1', '1 A has a bracket that is never closed'],
    ['A = 010', '1 A is computed'],
    ['A = 1j', '1 A is computed'],
    ['A = {1: 2, 3}', '1 A is computed'],
    ['A =', '1 A is computed'],
    [`A = ${'['.repeat(5000)}${']'.repeat(5000)}`, '1 A is computed'],
  ])('leaves %j to the reader', (text, unread) => {
    expect(read(text).unread.join('|')).toBe(unread)
  })

  it('reads what Python writes', () => {
    const scalar = fc.oneof(fc.string({ unit: 'binary' }), fc.maxSafeInteger(), fc.boolean(), fc.constant(null))
    const values = fc.letrec(tie => ({
      value: fc.oneof({ depthSize: 'small' }, scalar, fc.array(tie('value'), { maxLength: 4 })),
    })).value
    fc.assert(
      fc.property(fc.array(values, { minLength: 200, maxLength: 200 }), list => {
        const script = 'import json,sys\nfor line in sys.stdin: print("A =", repr(json.loads(line)))'
        const lines = list.map(value => JSON.stringify(value)).join('\n')
        const written = execFileSync('python3', ['-c', script], { input: lines, encoding: 'utf8' })
        const back = written
          .trimEnd()
          .split('\n')
          .map(line => read(line).values['A'])
        expect(back).toEqual(list)
      }),
      { numRuns: 5 },
    )
  })
})
