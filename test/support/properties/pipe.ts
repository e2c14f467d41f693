import { deepStrictEqual } from 'node:assert'
import fc from 'fast-check'
import { readEventLine, splitRunTogether } from '../../../src/flowd/events/event-line.ts'
import { LineSplitter, MAX_LINE_BYTES } from '../../../src/flowd/plugins/named-pipe/line-splitter.ts'
import { REGISTRY_SNAPSHOT, Registry } from '../../../src/scitags/index.ts'

const registry = new Registry(REGISTRY_SNAPSHOT)

/** What clumsy writers put between and into lines. */
const oddities = ['\n', ' ', '\r\n', '\0', '\uFEFF', '\t', '\u2028', '#', '€', ...lineParts()]

/** A good line, the same with other ends, and pieces of it. */
function lineParts(): string[] {
  const line = 'start tcp ::1 1 ::1 2 1 2'
  return [`${line}\n`, `\uFEFF${line}\r\n`, `${line.toUpperCase()}\n`, line, line.slice(0, 9), line.slice(9)]
}

/** Any bytes, texts and line feeds, and now and then more than a line may have. */
const written = fc
  .array(
    fc.oneof(
      { weight: 5, arbitrary: fc.uint8Array({ maxLength: 60 }) },
      {
        weight: 3,
        arbitrary: fc.constantFrom(...oddities).map(text => Buffer.from(text)),
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

/** A writer may be killed anywhere in a line: the whole lines beside it are all taken. */
export function cutLinesCostNoOther(cases: number): void {
  const lineOf = (port: number) => `start tcp ::1 ${port} 2001:db8::77 5777 3 14`
  const port = fc.integer({ min: 1, max: 65_535 })
  const cutAndWhole = fc.record({ port, other: port, cut: fc.nat(30) })
  fc.assert(
    fc.property(fc.array(cutAndWhole, { maxLength: 10 }), lines => {
      const ports: number[] = []
      const take = (line: string): void => {
        const read = readEventLine(line, registry, 'test')
        if (read.ok) ports.push(read.value.event.flow.source.port)
        else for (const part of splitRunTogether(line) ?? []) take(part)
      }
      const splitter = new LineSplitter(take, () => undefined)
      for (const { port, other, cut } of lines)
        splitter.push(Buffer.from(`${lineOf(other).slice(0, cut)}${lineOf(port)}\n`))
      deepStrictEqual(
        ports,
        lines.map(({ port }) => port),
      )
    }),
    { numRuns: cases },
  )
}
