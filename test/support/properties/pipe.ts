import { deepStrictEqual } from 'node:assert'
import fc from 'fast-check'
import { readEventLine } from '../../../src/flowd/events/event-line.ts'
import { LineSplitter, MAX_LINE_BYTES } from '../../../src/flowd/plugins/named-pipe/line-splitter.ts'
import { REGISTRY_SNAPSHOT, Registry } from '../../../src/scitags/index.ts'

const registry = new Registry(REGISTRY_SNAPSHOT)

/** Any bytes, texts and line feeds, and now and then more than a line may have. */
const written = fc
  .array(
    fc.oneof(
      { weight: 5, arbitrary: fc.uint8Array({ maxLength: 60 }) },
      {
        weight: 3,
        arbitrary: fc.constantFrom('\n', 'start tcp ::1 1 ::1 2 1 2\n', ' ').map(text => Buffer.from(text)),
      },
      { weight: 1, arbitrary: fc.nat(2 * MAX_LINE_BYTES).map(length => Buffer.alloc(length, 'x')) },
    ),
    { maxLength: 8 },
  )
  .map(parts => Buffer.concat(parts))

/** Any bytes may be written to the pipe, cut anywhere: each line is read or refused, none is missed. */
export function pipeBytesSurvive(cases: number): void {
  fc.assert(
    fc.property(written, fc.array(fc.integer({ min: 1, max: 5000 }), { maxLength: 4 }), (bytes, cuts) => {
      let lines = 0
      let tooLong = 0
      const take = (line: string): void => {
        lines += 1
        const read = readEventLine(line, registry, 'test')
        deepStrictEqual(read.ok || read.problem !== '', true)
      }
      const splitter = new LineSplitter(take, () => {
        tooLong += 1
      })
      let start = 0
      for (const cut of [...cuts, bytes.length]) {
        splitter.push(bytes.subarray(start, start + cut))
        start = Math.min(start + cut, bytes.length)
      }
      const feeds = bytes.filter(byte => byte === 0x0a).length
      // The beginning of a line that is too long already is told as such before its end comes.
      return lines + tooLong === feeds || lines + tooLong === feeds + 1
    }),
    { numRuns: cases },
  )
}
