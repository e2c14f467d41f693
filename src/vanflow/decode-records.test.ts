import { describe, expect, it } from 'vitest'
import { body, decode, ODD, type Pair, router } from '../../test/support/record-bodies.ts'
import { RECORD_TYPE } from './index.ts'

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
