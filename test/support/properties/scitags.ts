import { deepStrictEqual } from 'node:assert'
import fc from 'fast-check'
import {
  canonicalAddress,
  createFireflyHeader,
  type Firefly,
  formatFirefly,
  formatSyslogHeader,
  parseFireflyDatagram,
  parseSyslogHeader,
  type SyslogHeader,
} from '../../../src/scitags/index.ts'

const PLAIN = { noNullPrototype: true } as const

/** Times that a double holds to the microsecond. */
export const times = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER })

const word = (maxLength: number) =>
  fc.string({
    unit: fc.integer({ min: 0x21, max: 0x7e }).map(code => String.fromCharCode(code)),
    minLength: 1,
    maxLength,
  })
const field = (maxLength: number) => word(maxLength).filter(text => text !== '-')
const name = word(32).filter(text => !/[="\]]/.test(text))

const headers: fc.Arbitrary<SyslogHeader> = fc.record(
  {
    facility: fc.nat(23),
    severity: fc.nat(7),
    timestampUs: times,
    hostname: field(255),
    appName: field(48),
    procId: field(128),
    msgId: field(32),
    structuredData: fc.array(
      fc.record(
        {
          id: name,
          parameters: fc.array(fc.tuple(name, fc.string({ unit: 'binary' })), { maxLength: 3 }),
        },
        PLAIN,
      ),
      { minLength: 1, maxLength: 3 },
    ),
  },
  { requiredKeys: ['facility', 'severity'], ...PLAIN },
)

/** A header written is read as it was, and the message after it begins where it should. */
export function syslogHeadersRoundTrip(cases: number): void {
  fc.assert(
    fc.property(headers, header => {
      const text = formatSyslogHeader(header)
      deepStrictEqual(parseSyslogHeader(`${text}{}`), { header, messageOffset: text.length })
    }),
    { numRuns: cases },
  )
}

/** Any text, and a real header damaged anywhere, is read or refused, never thrown at. */
export function syslogHeadersSurvive(cases: number): void {
  const damaged = damage(headers.map(formatSyslogHeader))
  fc.assert(
    fc.property(fc.oneof(fc.string(), damaged), text => {
      const read = parseSyslogHeader(text)
      return read === undefined || read.messageOffset <= text.length
    }),
    { numRuns: cases },
  )
}

const address = (family: 'ipv4' | 'ipv6') =>
  (family === 'ipv4' ? fc.ipV4() : fc.ipV6()).map(text => canonicalAddress(text) ?? '::')

/** Flows as a firefly can name them. */
export const fiveTuples = fc.constantFrom('ipv4' as const, 'ipv6' as const).chain(family => {
  const endpoint = fc.record({ address: address(family), port: fc.integer({ min: 1, max: 65_535 }) }, PLAIN)
  return fc.record(
    {
      protocol: fc.constantFrom('tcp' as const, 'udp' as const),
      family: fc.constant(family),
      source: endpoint,
      destination: endpoint,
    },
    PLAIN,
  )
})

const bytes = fc.maxSafeNat()
const fireflies: fc.Arbitrary<Firefly> = fc.record(
  {
    state: fc.constantFrom('start' as const, 'ongoing' as const, 'end' as const),
    flow: fiveTuples,
    experiment: fc.nat(1023),
    activity: fc.nat(63),
    startTimeUs: times,
    endTimeUs: times,
    currentTimeUs: times,
    application: fc.string({ unit: 'binary' }),
    usage: fc.record({ receivedBytes: bytes, sentBytes: bytes }, { requiredKeys: [], ...PLAIN }),
    blocks: fc.constantFrom({ netlink: { rtt: 0.3 } }, { skOps: {}, 'storage-stats': { 'read-bw': 1 } }),
  },
  { requiredKeys: ['state', 'flow', 'experiment', 'activity', 'startTimeUs', 'endTimeUs'], ...PLAIN },
)

/** A firefly written is read as it was, with and without header, and passes `conforms` (the schema). */
export function firefliesRoundTrip(cases: number, conforms: (json: unknown) => boolean): void {
  fc.assert(
    fc.property(fireflies, fc.boolean(), (firefly, withHeader) => {
      const header = withHeader ? createFireflyHeader({ hostname: 'h', appName: 'a' })(firefly.endTimeUs ?? 0) : ''
      const json = formatFirefly(firefly)
      const read = parseFireflyDatagram(header + json)
      deepStrictEqual(read.ok && read.value.firefly, firefly)
      return conforms(JSON.parse(json))
    }),
    { numRuns: cases },
  )
}

/** What senders would not write: JSON of other kinds, and numbers, texts and nesting beyond measure. */
const strangeJson: fc.Arbitrary<string> = fc.oneof(
  { weight: 4, arbitrary: fc.json({ maxDepth: 2 }) },
  {
    weight: 4,
    arbitrary: fc.constantFrom(
      '18446744073709551615',
      '-1',
      '1e400',
      '-0',
      '0.5',
      'null',
      '""',
      '"2026-01-01T00:00:00Z"',
    ),
  },
  { weight: 2, arbitrary: fc.bigInt().map(String) },
  { weight: 1, arbitrary: fc.nat(2000).map(length => `"${'x'.repeat(length)}"`) },
  {
    weight: 1,
    arbitrary: fc
      .tuple(fc.constantFrom(['[', ']'] as const, ['{"a":', '}'] as const), fc.nat(8000))
      .map(([[open, close], depth]) => `${open.repeat(depth)}${'1'.repeat(20)}${close.repeat(depth)}`),
  },
)

/** A valid firefly with something else in place of one of its values, and now and then a foreign block. */
const changed: fc.Arbitrary<string> = fc
  .tuple(fireflies.map(formatFirefly), fc.nat(20), strangeJson, fc.option(strangeJson))
  .map(([text, which, value, block]) => {
    const values = [...text.matchAll(/(?<=":)(?:"(?:[^"\\]|\\.)*"|[^",{}]+)/g)]
    const { 0: old = '', index = 0 } = values[which % values.length] ?? {}
    const other = text.slice(0, index) + value + text.slice(index + old.length)
    return block === null ? other : other.replace(/}$/, () => `,"netlink":${block}}`)
  })

/** Any text, any JSON, and real fireflies: damaged anywhere, with strange values, and whole. */
export const datagrams: fc.Arbitrary<string> = fc.oneof(
  fc.string(),
  fc.json(),
  damage(fireflies.map(formatFirefly)),
  changed,
  fireflies.map(formatFirefly),
)

/** Any datagram is refused with a reason, or read as something that can be written and read again; nothing throws. */
export function firefliesSurvive(cases: number): void {
  fc.assert(
    fc.property(datagrams, text => {
      const read = parseFireflyDatagram(text)
      return read.ok ? parseFireflyDatagram(formatFirefly(read.value.firefly)).ok : read.problem !== ''
    }),
    { numRuns: cases },
  )
}

/** Cuts a text and overwrites some of its characters. */
function damage(texts: fc.Arbitrary<string>): fc.Arbitrary<string> {
  const changes = fc.array(fc.tuple(fc.nat(1000), fc.string({ maxLength: 2 })), { maxLength: 4 })
  return fc.tuple(texts, fc.nat(1200), changes).map(([text, length, edits]) => {
    let result = text.slice(0, Math.max(length, text.length - length))
    for (const [at, by] of edits) result = result.slice(0, at % (result.length + 1)) + by + result.slice(at + by.length)
    return result
  })
}
