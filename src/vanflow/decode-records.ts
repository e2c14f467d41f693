import { AMQP, AmqpReader } from './amqp-reader.ts'
import { ATTRIBUTES, attributeOf, FIRST_CLASH, LAST_CLASH } from './attributes.ts'
import type { DecodeProblem, DecodeTally } from './decode-problems.ts'
import type { AttributeValue, VanRecord } from './record.ts'
import { RECORD_TYPES } from './record-types.ts'

/** What a RECORD message's body held. */
export interface DecodedRecords {
  records: VanRecord[]
  /** What was not taken as it stood, by cause; absent when all was well. */
  problems?: DecodeTally
}

/** What an attribute's value is held against; a row of numbers, because it is asked for each attribute. */
const EXPECT = { text: 0, integer: 1, time: 2, timeOrUnset: 3, dependsOnType: 4 } as const
const EXPECTED = Uint8Array.from(ATTRIBUTES, ({ code, name, kind }) => {
  if (code >= FIRST_CLASH && code <= LAST_CLASH) return EXPECT.dependsOnType
  if (name === 'startTime' || name === 'endTime') return EXPECT.timeOrUnset
  if (kind === 'time') return EXPECT.time
  return kind === 'counter' || kind === 'gauge' ? EXPECT.integer : EXPECT.text
})

/**
 * Decodes the value of a RECORD body: a list of maps from attribute code to value. Never throws: one bad record
 * costs itself only, one bad attribute too, and each is counted by cause.
 *
 * @param bytes holds the AMQP value (without its section descriptor) from `start` to `end`
 */
export function decodeRecords(bytes: Buffer, start: number, end: number): DecodedRecords {
  const body = new BodyDecoder(bytes, start, end)
  if (start >= end || bytes[start] !== AMQP.list0) body.list()
  return body.problems === undefined ? { records: body.records } : { records: body.records, problems: body.problems }
}

class BodyDecoder {
  readonly records: VanRecord[] = []
  problems: DecodeTally | undefined
  readonly #reader: AmqpReader
  /** Whether the record at hand has an attribute whose meaning waits for the record's type. */
  #metClash = false

  constructor(bytes: Buffer, start: number, end: number) {
    this.#reader = new AmqpReader(bytes, start, end)
  }

  list(): void {
    const reader = this.#reader
    const count = reader.enter(AMQP.list8, AMQP.list32)
    if (count < 0 || reader.failed) {
      this.#count('malformed-body')
      return
    }
    const end = reader.limit
    reader.end = end
    for (let left = count; left > 0; left -= 1) {
      const values = reader.enter(AMQP.map8, AMQP.map32)
      if (values < 0) {
        reader.skip()
        if (reader.failed) break
        this.#count('not-a-map')
        continue
      }
      const limit = reader.limit
      if (limit > end) break
      if (!reader.failed && values % 2 === 0) {
        reader.end = limit
        this.#record(values / 2)
        reader.end = end
      } else {
        this.#count('malformed-record')
      }
      reader.failed = false
      reader.at = limit
    }
    if (reader.failed || reader.at !== end) this.#count('malformed-body')
  }

  /** Decodes the map that the reader stands in; it ends at the reader's end. */
  #record(pairs: number): void {
    const size = Math.max(0, pairs - 2)
    const record: VanRecord = {
      type: -1,
      identity: '',
      codes: new Array<number>(size),
      values: new Array<AttributeValue>(size),
    }
    const kept = this.#attributes(record, pairs)
    const problem = this.#whyUnusable(record)
    if (problem !== undefined) {
      this.#count(problem)
      return
    }
    if (record.type >= RECORD_TYPES.length) this.#count('unknown-type')
    if (kept < size) cut(record, kept)
    if (this.#metClash) this.#settleClashes(record)
    this.records.push(record)
  }

  /** Fills the record from its map, and returns how many attributes it got. */
  #attributes(record: VanRecord, pairs: number): number {
    const reader = this.#reader
    let kept = 0
    this.#metClash = false
    for (let left = pairs; left > 0; left -= 1) {
      const code = this.#key()
      const value = reader.scalar()
      if (reader.failed) break
      if (code > 1) {
        if (!this.#accepts(code, value)) continue
        record.codes[kept] = code
        record.values[kept] = value
        kept += 1
      } else if (code === 0) {
        record.type = typeof value === 'number' ? value : -1
      } else if (code === 1) {
        record.identity = typeof value === 'string' ? value : ''
      }
    }
    return kept
  }

  #whyUnusable({ type, identity }: VanRecord): DecodeProblem | undefined {
    if (this.#reader.failed || this.#reader.at !== this.#reader.end) return 'malformed-record'
    if (type < 0) return 'no-type'
    // Routers send a C string that is NULL as an empty one.
    return identity === '' ? 'no-identity' : undefined
  }

  /** Reads a key: the attribute code, or -1 for a key that is none. */
  #key(): number {
    const reader = this.#reader
    const { bytes, at } = reader
    if (bytes[at] === AMQP.smallUint) {
      reader.at = at + 2
      return bytes[at + 1]!
    }
    const key = reader.scalar()
    if (typeof key === 'number' && key >= 0) return key
    if (!reader.failed) this.#count('bad-key')
    return -1
  }

  /** Whether an attribute belongs into the record, as far as can be said before the record's type is known. */
  #accepts(code: number, value: AttributeValue | undefined): value is AttributeValue {
    switch (EXPECTED[code]) {
      case EXPECT.text:
        return typeof value === 'string' || this.#refuse('wrong-type')
      case EXPECT.integer:
        return isUnsigned(value) || this.#refuse('wrong-type')
      case EXPECT.time:
      case EXPECT.timeOrUnset:
        if (typeof value === 'bigint') return this.#refuse('time-out-of-range')
        if (!isUnsigned(value)) return this.#refuse('wrong-type')
        // Controllers of Skupper 1.x send 0 for "not ended", and for "as before" in updates.
        return value !== 0 || EXPECTED[code] === EXPECT.time
      case EXPECT.dependsOnType:
        this.#metClash = true
        return value !== undefined || this.#refuse('wrong-type')
      default:
        this.#count('unknown-attribute')
        return value !== undefined || this.#refuse('wrong-type')
    }
  }

  /** Drops the attributes among 52 to 54 that contradict their meaning in a record of this type. */
  #settleClashes(record: VanRecord): void {
    let kept = 0
    for (const [index, code] of record.codes.entries()) {
      const value = record.values[index]!
      if (code >= FIRST_CLASH && code <= LAST_CLASH) {
        const isText = attributeOf(record.type, code)?.kind === 'string'
        if (isText ? typeof value !== 'string' : !isUnsigned(value)) {
          this.#count('wrong-type')
          continue
        }
      }
      record.codes[kept] = code
      record.values[kept] = value
      kept += 1
    }
    cut(record, kept)
  }

  #refuse(problem: DecodeProblem): false {
    this.#count(problem)
    return false
  }

  #count(problem: DecodeProblem): void {
    this.problems ??= {}
    this.problems[problem] = (this.problems[problem] ?? 0) + 1
  }
}

function isUnsigned(value: AttributeValue | undefined): value is number | bigint {
  return (typeof value === 'number' || typeof value === 'bigint') && value >= 0
}

function cut(record: VanRecord, length: number): void {
  record.codes.length = length
  record.values.length = length
}
