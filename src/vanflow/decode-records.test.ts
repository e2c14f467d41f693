import { describe, expect, it } from 'vitest'
import { AmqpWriter } from './amqp-writer.ts'
import { ATTRIBUTE, decodeRecords, RECORD_TYPE, type WireValue } from './index.ts'

/** Encoded values that no router sends under a VAN-Flow key. */
const ODD = {
  null: Buffer.from('40', 'hex'),
  true: Buffer.from('41', 'hex'),
  double: Buffer.from('823ff0000000000000', 'hex'),
  timestamp: Buffer.from('830000000000000001', 'hex'),
  emptyList: Buffer.from('45', 'hex'),
  int0: Buffer.from('5400', 'hex'),
  minusOne: Buffer.from('54ff', 'hex'),
  described: Buffer.from('00532440', 'hex'),
  twoTo63: Buffer.from('808000000000000000', 'hex'),
}

type Pair = readonly [key: number | Uint8Array, value: WireValue | { uint: number }]

/** Encodes a body whose records are given pair by pair, in that order. */
function body(...items: (readonly Pair[] | Uint8Array)[]): Buffer {
  const writer = new AmqpWriter()
  writer.list(items.length, () => {
    for (const item of items) {
      if (item instanceof Uint8Array) writer.raw(item)
      else writer.map(item.length, () => writePairs(writer, item))
    }
  })
  return writer.toBuffer()
}

function writePairs(writer: AmqpWriter, pairs: readonly Pair[]): void {
  for (const [key, value] of pairs) {
    if (typeof key === 'number') writer.uint(key)
    else writer.raw(key)
    writeValue(writer, value)
  }
}

function writeValue(writer: AmqpWriter, value: Pair[1]): void {
  if (typeof value === 'string') writer.string(value)
  else if (value instanceof Uint8Array) writer.raw(value)
  else if (typeof value === 'object') writer.uint(value.uint)
  else writer.ulong(value)
}

const decode = (bytes: Buffer) => decodeRecords(bytes, 0, bytes.length)
const router = (...pairs: Pair[]): Pair[] => [[0, { uint: 1 }], [1, 'r:0'], ...pairs]
const NEIGHBOUR: Pair[] = [
  [0, { uint: 5 }],
  [1, 'r:3'],
  [40, 2],
]
const NEIGHBOUR_READ = { type: 5, identity: 'r:3', codes: [40], values: [2] }

describe('records', () => {
  it('carry their attributes in wire order', () => {
    const bytes = body(router([2, 'parentid'], [3, 100], [4, 1000], [12, 'default'], [30, 'routername']))
    expect(decode(bytes)).toEqual({
      records: [
        {
          type: RECORD_TYPE.ROUTER,
          identity: 'r:0',
          codes: [2, 3, 4, 12, 30],
          values: ['parentid', 100, 1000, 'default', 'routername'],
        },
      ],
    })
  })

  it('may have their type and identity anywhere', () => {
    const bytes = body([
      [40, 2],
      [1, 'r:3'],
      [0, { uint: 5 }],
    ])
    expect(decode(bytes)).toEqual({ records: [NEIGHBOUR_READ] })
  })

  it('may hold nothing but type and identity', () => {
    expect(decode(body(router()))).toEqual({ records: [{ type: 1, identity: 'r:0', codes: [], values: [] }] })
  })

  it('may be none', () => {
    expect(decode(Buffer.from('45', 'hex'))).toEqual({ records: [] })
    expect(decode(body())).toEqual({ records: [] })
  })

  it('of an unknown type are kept by number and counted', () => {
    expect(
      decode(
        body([
          [0, { uint: 404_404 }],
          [1, 'x'],
          [12, 'unknown'],
        ]),
      ),
    ).toEqual({
      records: [{ type: 404_404, identity: 'x', codes: [12], values: ['unknown'] }],
      problems: { 'unknown-type': 1 },
    })
  })

  it.each([
    ['no-type', [[12, 'x']]],
    ['no-type', [[0, 'unknown']]],
    [
      'no-type',
      [
        [0, ODD.minusOne],
        [1, 'x'],
      ],
    ],
    ['no-identity', [[0, { uint: 1 }]]],
    [
      'no-identity',
      [
        [0, { uint: 1 }],
        [1, ''],
      ],
    ],
    [
      'no-identity',
      [
        [0, { uint: 1 }],
        [1, 5],
      ],
    ],
    ['not-a-map', ODD.null],
    ['not-a-map', ODD.described],
    ['malformed-record', Buffer.from('c10401a15252', 'hex')],
    ['malformed-record', Buffer.from('c1020152', 'hex')],
    ['malformed-record', Buffer.from('d100000006ffffffff5201', 'hex')],
    ['malformed-record', Buffer.from('c10504520152ff', 'hex')],
    ['malformed-record', Buffer.from('c105025201b1ff', 'hex')],
  ] as [string, Pair[] | Buffer][])('that are unusable (%s) cost themselves only', (problem, bad) => {
    const { records, problems } = decode(body(NEIGHBOUR, bad, NEIGHBOUR))
    expect(records).toEqual([NEIGHBOUR_READ, NEIGHBOUR_READ])
    expect(problems).toEqual({ [problem]: 1 })
  })
})

describe('attributes', () => {
  it('are accepted in any integer encoding, keys too', () => {
    const int = (value: number) => Buffer.from([0x54, value])
    const bytes = body([
      [ODD.int0, int(1)],
      [int(1), 'r:0'],
      [Buffer.from('700000001e', 'hex'), Buffer.from('a303616263', 'hex')],
      [Buffer.from('530a', 'hex'), Buffer.from('b10000000178', 'hex')],
      [33, Buffer.from('710000ffff', 'hex')],
      [40, Buffer.from('8100000000ffffffff', 'hex')],
      [41, Buffer.from('60ffff', 'hex')],
      [42, Buffer.from('617fff', 'hex')],
      [43, Buffer.from('50ff', 'hex')],
      [8, Buffer.from('557f', 'hex')],
    ])
    expect(decode(bytes)).toEqual({
      records: [
        {
          type: 1,
          identity: 'r:0',
          codes: [30, 10, 33, 40, 41, 42, 43, 8],
          values: ['abc', 'x', 0xffff, 0xffff_ffff, 0xffff, 0x7fff, 0xff, 0x7f],
        },
      ],
    })
  })

  it('that are unknown are kept by number and counted', () => {
    const { records, problems } = decode(body(router([200, 'new'], [201, 7], [68, ODD.double])))
    expect(records[0]).toMatchObject({ codes: [200, 201], values: ['new', 7] })
    expect(problems).toEqual({ 'unknown-attribute': 3, 'wrong-type': 1 })
  })

  it.each([
    ['a number for a name', [30, 5]],
    ['a string for a counter', [23, '5']],
    ['null', [30, ODD.null]],
    ['a boolean', [23, ODD.true]],
    ['a double', [23, ODD.double]],
    ['a timestamp for a time', [3, ODD.timestamp]],
    ['a list', [30, ODD.emptyList]],
    ['a described value', [30, ODD.described]],
    ['less than zero', [23, ODD.minusOne]],
  ] as [string, Pair][])('of the wrong type stay out and are counted: %s', (_what, pair) => {
    const { records, problems } = decode(body(router(pair, [12, 'ns'])))
    expect(records[0]).toMatchObject({ codes: [12], values: ['ns'] })
    expect(problems).toEqual({ 'wrong-type': 1 })
  })

  it('under a key that is no code stay out and are counted', () => {
    const key = Buffer.from('a1026f6b', 'hex')
    const { records, problems } = decode(body(router([key, 'x'], [ODD.minusOne, 'x'], [12, 'ns'])))
    expect(records[0]).toMatchObject({ codes: [12], values: ['ns'] })
    expect(problems).toEqual({ 'bad-key': 2 })
  })

  it('beyond 2^53 are exact as bigint, but a time that late is none', () => {
    const { records, problems } = decode(body(router([4, ODD.twoTo63], [23, ODD.twoTo63], [55, 2n ** 53n])))
    expect(records[0]).toMatchObject({ codes: [23], values: [2n ** 63n] })
    expect(problems).toEqual({ 'time-out-of-range': 2 })
    const largest = decode(body(router([3, 2 ** 53 - 1], [23, 2n ** 53n])))
    expect(largest).toEqual({
      records: [{ type: 1, identity: 'r:0', codes: [3, 23], values: [2 ** 53 - 1, 2n ** 53n] }],
    })
  })

  it('startTime and endTime of 0 are not set, any other 0 is', () => {
    expect(decode(body(router([3, 0], [4, 0], [23, 0], [55, 0])))).toEqual({
      records: [{ type: 1, identity: 'r:0', codes: [23, 55], values: [0, 0] }],
    })
  })

  it('that do not belong to a type are kept all the same', () => {
    expect(decode(body(router([52, 3], [53, 'up'])))).toEqual({
      records: [{ type: 1, identity: 'r:0', codes: [52, 53], values: [3, 'up'] }],
    })
  })

  it('52 to 54 mean other things in a SITE', () => {
    const site: Pair[] = [
      [52, '1.8.2'],
      [53, 'disabled'],
      [54, 'x'],
      [0, { uint: RECORD_TYPE.SITE }],
      [1, 's'],
    ]
    expect(decode(body(site))).toEqual({
      records: [{ type: 0, identity: 's', codes: [52, 53, 54], values: ['1.8.2', 'disabled', 'x'] }],
    })
    expect(
      decode(
        body([
          [0, { uint: 0 }],
          [1, 's'],
          [52, 3],
          [53, 'enabled'],
        ]),
      ),
    ).toEqual({
      records: [{ type: 0, identity: 's', codes: [53], values: ['enabled'] }],
      problems: { 'wrong-type': 1 },
    })
    const access: Pair[] = [
      [0, { uint: RECORD_TYPE.ROUTER_ACCESS }],
      [1, 'r:1'],
      [ATTRIBUTE.linkCount, 2],
      [ATTRIBUTE.operStatus, 7],
      [ATTRIBUTE.role, 'edge'],
    ]
    expect(decode(body(access))).toEqual({
      records: [{ type: 15, identity: 'r:1', codes: [52, 54], values: [2, 'edge'] }],
      problems: { 'wrong-type': 1 },
    })
  })

  it('that are text are UTF-8; what is none is replaced, short or long', () => {
    const text = (bytes: Buffer) => Buffer.concat([Buffer.from([0xa1, bytes.length]), bytes])
    const names = [
      '',
      'a',
      'fz6wq:12345',
      'twelve bytes',
      'thirteen byte',
      'é',
      'Zürich',
      '日本語',
      'x'.repeat(200),
      'ü'.repeat(60),
    ]
    const pairs = names.map(name => [30, text(Buffer.from(name))] as const)
    const { records } = decode(body(router(...pairs)))
    expect(records[0]?.values).toEqual(names)
    const broken = decode(body(router([30, text(Buffer.from([0x61, 0xff, 0x62]))])))
    expect(broken.records[0]?.values).toEqual(['a\ufffdb'])
  })
})

describe('a body', () => {
  it.each([
    ['null', '40'],
    ['a string', 'a10161'],
    ['binary', 'a00161'],
    ['a map', 'c10100'],
    ['nothing', ''],
    ['a list that claims 4 GB', 'd0ffffffff00000001'],
    ['a list that claims four thousand million records', 'd000000005ffffffff40'],
    ['a described list', '00532445'],
  ])('that is no list is malformed: %s', (_what, hex) => {
    expect(decode(Buffer.from(hex, 'hex'))).toEqual({ records: [], problems: { 'malformed-body': 1 } })
  })

  it('cut short keeps the records before the cut', () => {
    const whole = body(NEIGHBOUR, NEIGHBOUR, NEIGHBOUR)
    const map = body(NEIGHBOUR).subarray(9)
    const short = Buffer.concat([whole.subarray(0, 9), map, map.subarray(0, map.length - 1)])
    short.writeUInt32BE(short.length - 5, 1)
    expect(decode(short)).toEqual({ records: [NEIGHBOUR_READ], problems: { 'malformed-body': 1 } })
  })

  it('with more bytes than its count says keeps its records and is counted', () => {
    const bytes = body(NEIGHBOUR, NEIGHBOUR)
    bytes.writeUInt32BE(1, 5)
    expect(decode(bytes)).toEqual({ records: [NEIGHBOUR_READ], problems: { 'malformed-body': 1 } })
  })

  it('nested a thousand, or a million, deep is passed over', () => {
    const described = Buffer.concat([Buffer.alloc(1_000_000), Buffer.alloc(1_000_001, 0x40)])
    let lists = Buffer.from('45', 'hex')
    for (let depth = 0; depth < 1000; depth += 1) {
      const head = Buffer.from('d00000000000000001', 'hex')
      head.writeUInt32BE(lists.length + 4, 1)
      lists = Buffer.concat([head, lists])
    }
    expect(decode(body(NEIGHBOUR, described, lists, router([30, lists])))).toEqual({
      records: [NEIGHBOUR_READ, { type: 1, identity: 'r:0', codes: [], values: [] }],
      problems: { 'not-a-map': 2, 'wrong-type': 1 },
    })
  })
})
