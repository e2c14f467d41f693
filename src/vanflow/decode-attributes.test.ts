import { describe, expect, it } from 'vitest'
import { body, decode, ODD, type Pair, router } from '../../test/support/record-bodies.ts'
import { ATTRIBUTE, RECORD_TYPE } from './index.ts'

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
