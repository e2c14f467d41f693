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

/** Words that nearly belong where they stand. */
const strangeWord = fc.oneof(
  fc.constantFrom('START', '1end', 'ongoing', 'sctp', '65536', '-1', '+1', '1e3', '0x1', '٣', '00080', '1024', '64'),
  fc.constantFrom(
    '010.0.0.1',
    '::1%eth0',
    `::1%${'z'.repeat(40)}`,
    '::ffff:10.0.0.1',
    '[::1]',
    'localhost',
    '1.2.3',
    '::',
  ),
  fc.constantFrom('cms', 'cmz', 'Analysis', 'default', '__proto__', 'constructor', 'toString', '"', '\0', '\uFEFF'),
  fc.string({ unit: 'binary' }),
  fc.bigInt().map(String),
)

/** An event with one or two of its words replaced, left out or doubled. */
const damagedLine = fc
  .tuple(fc.array(fc.tuple(fc.nat(7), fc.array(strangeWord, { maxLength: 2 })), { minLength: 1, maxLength: 2 }))
  .map(([changes]) => {
    const words: string[][] = 'start tcp ::1 2345 10.0.0.1 5777 3 14'.split(' ').map(word => [word])
    for (const [place, others] of changes) words[place] = others
    return words.flat().join(' ')
  })

/** Any text, and events of which some words are others, are read or refused with a reason, never thrown at. */
export function eventLinesSurvive(cases: number): void {
  const twoLines = fc.tuple(damagedLine, damagedLine).map(([one, other]) => one + other)
  fc.assert(
    fc.property(fc.oneof(fc.string({ unit: 'binary' }), damagedLine, damagedLine, twoLines), text => {
      const parts = splitRunTogether(text)
      if (parts !== undefined && parts.join('') !== text) return false
      const read = readEventLine(text, registry, 'test')
      return read.ok ? read.value.event.flow.source.port <= 65_535 : read.problem !== ''
    }),
    { numRuns: cases },
  )
}
