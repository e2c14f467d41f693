import { deepStrictEqual } from 'node:assert'
import fc from 'fast-check'
import { readEventLine, splitRunTogether } from '../../../src/flowd/events/event-line.ts'
import { addressFamily, canonicalAddress, REGISTRY_SNAPSHOT, Registry } from '../../../src/scitags/index.ts'

const registry = new Registry(REGISTRY_SNAPSHOT)

const blank = fc.stringMatching(/^[ \t\u00a0\u2003]{1,4}$/)
const address = fc.oneof(fc.ipV4(), fc.ipV6())
const port = fc.nat(65_535)

/** Changes the case of some letters of a word. */
const anyCase = (word: string) =>
  fc
    .array(fc.boolean(), { minLength: word.length, maxLength: word.length })
    .map(upper => [...word].map((letter, index) => (upper[index] ? letter.toUpperCase() : letter)).join(''))

/** Whatever the case, the white space and the way an address is written, a line means its event. */
export function eventLinesRoundTrip(cases: number): void {
  const state = fc.constantFrom('start' as const, 'end' as const)
  const protocol = fc.constantFrom('tcp' as const, 'udp' as const)
  const words = fc.record({ state, protocol, source: address, destination: address })
  const numbers = fc.record({ sourcePort: port, destinationPort: port, experiment: fc.nat(1023), activity: fc.nat(63) })
  const blanks = fc.array(blank, { minLength: 9, maxLength: 9 })
  const line = fc.tuple(words, numbers, blanks).chain(([word, number, gaps]) =>
    fc
      .tuple(anyCase(word.state), anyCase(word.protocol), anyCase(word.source), anyCase(word.destination))
      .map(texts => {
        const [stateText, protocolText, source, destination] = texts
        const { sourcePort, destinationPort, experiment, activity } = number
        const ends = [source, sourcePort, destination, destinationPort]
        const fields = [stateText, protocolText, ...ends, experiment, activity]
        return { word, number, text: fields.map((field, index) => `${gaps[index]}${field}`).join('') + gaps[8] }
      }),
  )
  fc.assert(
    fc.property(line, ({ word, number, text }) => {
      const read = readEventLine(text, registry, 'test')
      const source = canonicalAddress(word.source) ?? ''
      deepStrictEqual(read.ok && read.value.event, {
        state: word.state,
        flow: {
          protocol: word.protocol,
          family: addressFamily(source),
          source: { address: source, port: number.sourcePort },
          destination: { address: canonicalAddress(word.destination), port: number.destinationPort },
        },
        experiment: number.experiment,
        activity: number.activity,
        origin: 'test',
      })
    }),
    { numRuns: cases },
  )
}

/** Any text, and words that nearly make an event, are read or refused with a reason, never thrown at. */
export function eventLinesSurvive(cases: number): void {
  const words = ['start', 'end', 'tcp', 'udp', '::1', '10.0.0.1', '1', '65536', '-1', 'cms', '__proto__', '1end', '::']
  const word = fc.oneof(fc.constantFrom(...words), fc.string())
  const line = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.array(word, { maxLength: 17 }).map(list => list.join(' ')),
  )
  fc.assert(
    fc.property(line, text => {
      const parts = splitRunTogether(text)
      if (parts !== undefined && parts.join('') !== text) return false
      const read = readEventLine(text, registry, 'test')
      return read.ok ? read.value.event.flow.source.port <= 65_535 : read.problem !== ''
    }),
    { numRuns: cases },
  )
}
