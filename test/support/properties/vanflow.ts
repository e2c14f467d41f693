import { deepStrictEqual } from 'node:assert'
import fc from 'fast-check'
import rhea from 'rhea'
import {
  type AttributeValue,
  attributeOf,
  type DecodedRecords,
  type DecodeProblem,
  decodeMessage,
  decodeRecords,
  encodeRecords,
  RECORD_TYPES,
  type VanRecord,
} from '../../../src/vanflow/index.ts'

/** An AMQP value as rhea's reader gives it: with its format code, and lists and maps still lists of such values. */
interface Typed {
  type: { typecode: number }
  value: unknown
  descriptor?: unknown
}

/** What rhea declares of its reader too loosely. */
interface Reader {
  read(): Typed
}
const RheaReader = (rhea.types as unknown as { Reader: new (bytes: Buffer) => Reader }).Reader

// --- values, as bytes in every encoding that AMQP has ---------------------------------------------------------------

const bytesOf = (length: number) => fc.uint8Array({ minLength: length, maxLength: length })
const fixed = (formatCode: number, length: number) =>
  bytesOf(length).map(content => Buffer.concat([Buffer.of(formatCode), content]))
const variable = (short: number, long: number, content: fc.Arbitrary<Buffer>) =>
  fc.tuple(fc.boolean(), content).map(([isLong, bytes]) => withLength(isLong ? long : short, bytes))

function withLength(formatCode: number, content: Buffer): Buffer {
  const width = formatCode >= 0xb0 ? 4 : 1
  const head = Buffer.alloc(1 + width)
  head[0] = formatCode
  head.writeUIntBE(content.length, 1, width)
  return Buffer.concat([head, content])
}

function compound(short: number, long: number, values: readonly Buffer[], isLong: boolean): Buffer {
  const content = Buffer.concat(values)
  if (!isLong && content.length < 255 && values.length < 256) {
    return Buffer.concat([Buffer.of(short, content.length + 1, values.length), content])
  }
  const head = Buffer.alloc(9)
  head[0] = long
  head.writeUInt32BE(content.length + 4, 1)
  head.writeUInt32BE(values.length, 5)
  return Buffer.concat([head, content])
}

const text = fc.oneof(
  fc.stringMatching(/^[a-z0-9:/.-]{0,20}$/).map(string => Buffer.from(string)),
  fc.string({ unit: 'grapheme', maxLength: 20 }).map(string => Buffer.from(string)),
)
const ascii = fc.stringMatching(/^[ -~]{0,14}$/).map(string => Buffer.from(string))
const strings = fc.oneof(variable(0xa1, 0xb1, text), variable(0xa3, 0xb3, ascii))

/** rhea rounds integers from 2^53 on for another 2^32; those say nothing about us. */
const isRounded = (bytes: Buffer) => bytes.readUInt32BE(1) === 0x20_0000
const integers = fc.oneof(
  fc.constantFrom(...['43', '44'].map(hex => Buffer.from(hex, 'hex'))),
  fc.constantFrom(0x50, 0x51, 0x52, 0x53, 0x54, 0x55).chain(code => fixed(code, 1)),
  fc.constantFrom(0x60, 0x61).chain(code => fixed(code, 2)),
  fc.constantFrom(0x70, 0x71).chain(code => fixed(code, 4)),
  fc
    .tuple(fc.constantFrom(0x80, 0x81), fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), fc.nat(63))
    .map(([code, value, shift]) => {
      const bytes = Buffer.alloc(9)
      bytes[0] = code
      bytes.writeBigUInt64BE(value >> BigInt(shift), 1)
      return bytes
    })
    .filter(bytes => !isRounded(bytes)),
)
const others = fc.oneof(
  fc.constantFrom(...['40', '41', '42', '45'].map(hex => Buffer.from(hex, 'hex'))),
  fixed(0x56, 1),
  fc.constantFrom(0x72, 0x73).chain(code => fixed(code, 4)),
  fc.constantFrom(0x82, 0x83).chain(code => fixed(code, 8)),
  fixed(0x98, 16),
  variable(0xa0, 0xb0, text),
  fc.constant(Buffer.from('e00402520102', 'hex')),
)
const scalars = fc.oneof(strings, integers, others)
const nested = fc.oneof(
  fc
    .tuple(fc.array(scalars, { maxLength: 4 }), fc.boolean())
    .map(([values, long]) => compound(0xc0, 0xd0, values, long)),
  fc.array(scalars, { maxLength: 4 }).map(values => compound(0xc1, 0xd1, [...values, ...values], false)),
  scalars.map(value => Buffer.concat([Buffer.from('005301', 'hex'), value])),
)
const values = fc.oneof({ weight: 8, arbitrary: scalars }, { weight: 1, arbitrary: nested })

const smallUint = (value: number) => (value === 0 ? Buffer.of(0x43) : Buffer.of(0x52, value))
const keys = fc.oneof(
  { weight: 12, arbitrary: fc.integer({ min: 2, max: 70 }).map(smallUint) },
  { weight: 1, arbitrary: values },
)
const pairs = fc.tuple(keys, values)
const typePair = fc.tuple(fc.constant(smallUint(0)), fc.oneof(fc.nat(19).map(smallUint), values))
const identityPair = fc.tuple(fc.constant(smallUint(1)), fc.oneof({ weight: 6, arbitrary: strings }, values))
const maps = fc
  .tuple(typePair, identityPair, fc.array(pairs, { maxLength: 6 }), fc.nat(6), fc.boolean())
  .map(([type, identity, rest, shift, isLong]) => {
    const all = [type, identity, ...rest]
    // Key 0 is first from routers, anywhere from Go, and sometimes nowhere.
    const turned = shift === 6 ? rest : [...all.slice(shift % all.length), ...all.slice(0, shift % all.length)]
    return compound(0xc1, 0xd1, turned.flat(), isLong)
  })
const oddMaps = fc.array(values, { minLength: 1, maxLength: 3 }).map(items => compound(0xc1, 0xd1, items, true))
const items = fc.oneof(
  { weight: 12, arbitrary: maps },
  { weight: 1, arbitrary: values },
  { weight: 1, arbitrary: oddMaps },
)
const bodies = fc.oneof(
  {
    weight: 12,
    arbitrary: fc
      .tuple(fc.array(items, { maxLength: 4 }), fc.boolean())
      .map(([list, isLong]) => compound(0xc0, 0xd0, list, isLong)),
  },
  { weight: 1, arbitrary: values },
)

// --- the same rules, told over what rhea reads -----------------------------------------------------------------------

const INTEGERS = new Set([0x43, 0x44, 0x50, 0x51, 0x52, 0x53, 0x54, 0x55, 0x60, 0x61, 0x70, 0x71, 0x80, 0x81])
const TEXTS = new Set([0xa1, 0xa3, 0xb1, 0xb3])
const LISTS = new Set([0x45, 0xc0, 0xd0])
const MAPS = new Set([0xc1, 0xd1])

function is(value: Typed, codes: ReadonlySet<number>): boolean {
  return value.descriptor === undefined && codes.has(value.type.typecode)
}

function plain(value: Typed): AttributeValue | undefined {
  if (is(value, TEXTS)) return String(value.value)
  if (!is(value, INTEGERS)) return undefined
  if (!Buffer.isBuffer(value.value)) return Number(value.value)
  return value.type.typecode === 0x80 ? value.value.readBigUInt64BE() : value.value.readBigInt64BE()
}

function interpret(body: Typed): DecodedRecords {
  const problems: Partial<Record<DecodeProblem, number>> = {}
  const count = (problem: DecodeProblem) => {
    problems[problem] = (problems[problem] ?? 0) + 1
  }
  const records: VanRecord[] = []
  if (!is(body, LISTS)) count('malformed-body')
  else {
    for (const item of body.value as Typed[]) {
      const record = interpretRecord(item, count)
      if (record !== undefined) records.push(record)
    }
  }
  return Object.keys(problems).length === 0 ? { records } : { records, problems }
}

function interpretRecord(item: Typed, count: (problem: DecodeProblem) => void): VanRecord | undefined {
  const complain = (problem: DecodeProblem): undefined => {
    count(problem)
  }
  if (!is(item, MAPS)) return complain('not-a-map')
  const content = item.value as Typed[]
  if (content.length % 2 !== 0) return complain('malformed-record')
  const attributes: [code: number, value: AttributeValue | undefined][] = []
  for (let index = 0; index < content.length; index += 2) {
    const key = plain(content[index]!)
    if (typeof key !== 'number' || key < 0) count('bad-key')
    else attributes.push([key, plain(content[index + 1]!)])
  }
  const last = (code: number) => attributes.findLast(([key]) => key === code)?.[1]
  const type = last(0)
  const identity = last(1)
  const isTyped = typeof type === 'number' && type >= 0
  const isNamed = typeof identity === 'string' && identity !== ''
  const meaning = isTyped && isNamed ? type : -1
  const kept = attributes.filter(([code, value]) => code > 1 && accepts(meaning, code, value, count))
  if (!isTyped) return complain('no-type')
  if (!isNamed) return complain('no-identity')
  if (type >= RECORD_TYPES.length) count('unknown-type')
  return { type, identity, codes: kept.map(([code]) => code), values: kept.map(([, value]) => value!) }
}

function accepts(
  type: number,
  code: number,
  value: AttributeValue | undefined,
  count: (problem: DecodeProblem) => void,
): boolean {
  const refuse = (problem: DecodeProblem): false => {
    count(problem)
    return false
  }
  const attribute = attributeOf(type, code)
  if (attribute === undefined) count('unknown-attribute')
  if (value === undefined) return refuse('wrong-type')
  // In a record without type or identity, which is not kept, codes 52 to 54 have no meaning.
  if (attribute === undefined || (type < 0 && code >= 52 && code <= 54)) return true
  if (['string', 'reference', 'trace'].includes(attribute.kind))
    return typeof value === 'string' || refuse('wrong-type')
  if (attribute.kind === 'time' && typeof value === 'bigint') return refuse('time-out-of-range')
  if (typeof value === 'string' || value < 0) return refuse('wrong-type')
  return !(value === 0 && (attribute.name === 'startTime' || attribute.name === 'endTime'))
}

/** The bytes of a RECORD message up to its body's value. */
function sectionsBeforeBody(): Buffer {
  const message = encodeRecords({ to: 'mc/sfe.x:0', records: [] })
  const head = message.subarray(0, message.length - 'd00000000400000000'.length / 2)
  deepStrictEqual(decodeMessage(Buffer.concat([head, Buffer.of(0x45)])), {
    kind: 'records',
    messageId: undefined,
    to: 'mc/sfe.x:0',
    records: [],
  })
  return head
}

// --- properties ------------------------------------------------------------------------------------------------------

/** Our decoder and rhea's generic one, with the same rules applied to what it read, agree on any body. */
export function decodersAgree(cases: number): void {
  fc.assert(
    fc.property(bodies, body => {
      deepStrictEqual(decodeRecords(body, 0, body.length), interpret(new RheaReader(body).read()))
    }),
    { numRuns: cases },
  )
}

/** Any bytes, and a message cut and damaged anywhere, are decoded to something without a throw. */
export function decoderSurvives(cases: number): void {
  const head = sectionsBeforeBody()
  const damaged = fc
    .tuple(
      bodies,
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.array(fc.tuple(fc.nat(400), fc.nat(255)), { maxLength: 4 }),
    )
    .map(([body, part, changes]) => {
      const bytes = Buffer.concat([head, body])
      for (const [position, value] of changes) if (position < bytes.length) bytes[position] = value
      return bytes.subarray(0, Math.ceil(bytes.length * part))
    })
  const any = fc.uint8Array({ maxLength: 300 }).map(bytes => Buffer.from(bytes))
  fc.assert(
    fc.property(fc.oneof({ weight: 3, arbitrary: damaged }, { weight: 1, arbitrary: any }), bytes => {
      const message = decodeMessage(bytes)
      if (message.kind !== 'records') return
      for (const { identity, codes, values } of message.records) {
        deepStrictEqual(codes.length, values.length)
        if (identity === '' || values.includes(undefined as never)) throw new Error('a record has holes')
      }
    }),
    { numRuns: cases },
  )
}
