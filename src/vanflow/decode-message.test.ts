import rhea from 'rhea'
import { describe, expect, it } from 'vitest'
import { decodeMessage, encodeBeacon, encodeHeartbeat } from './index.ts'

const CONTROLLER = '73e06170-6bc7-4ac2-bf9a-c0a3ce8b8b5e'

describe('BEACON', () => {
  it('of a controller has string keys, no message id and no body', () => {
    const sent = {
      sourceType: 'CONTROLLER',
      id: CONTROLLER,
      address: `mc/sfe.${CONTROLLER}`,
      direct: `sfe.${CONTROLLER}`,
    }
    const expected = { kind: 'beacon', messageId: undefined, to: 'mc/sfe.all', version: 1, ...sent }
    expect(decodeMessage(encodeBeacon(sent, 'controller-v2'))).toEqual(expected)
    expect(decodeMessage(encodeBeacon(sent, 'controller-v1'))).toEqual(expected)
  })

  it('of a router 2.0 has neither id nor direct address', () => {
    const bytes = rhea.message.encode({
      subject: 'BEACON',
      application_properties: { v: 1, sourceType: 'ROUTER', address: 'mc/sfe.x' },
      body: null,
    })
    expect(decodeMessage(bytes)).toMatchObject({
      kind: 'beacon',
      address: 'mc/sfe.x',
      id: undefined,
      direct: undefined,
    })
  })

  it('of another version is still read', () => {
    const bytes = rhea.message.encode({
      subject: 'BEACON',
      application_properties: { v: 2, sourceType: 'ROUTER', address: 'mc/sfe.x', id: 'x', direct: 'sfe.x' },
      body: null,
    })
    expect(decodeMessage(bytes)).toMatchObject({ kind: 'beacon', version: 2, id: 'x' })
  })

  it('without an address, or whose properties do not parse, is malformed', () => {
    const encode = (application_properties: object | undefined) =>
      decodeMessage(rhea.message.encode({ subject: 'BEACON', application_properties, body: null } as rhea.Message))
    expect(encode({ v: 1, sourceType: 'ROUTER' })).toMatchObject({ kind: 'malformed', cause: 'beacon' })
    expect(encode(undefined)).toMatchObject({ kind: 'malformed', cause: 'beacon' })
    expect(encode({ sourceType: 5, address: 7 })).toMatchObject({ kind: 'malformed', cause: 'beacon' })
  })
})

describe('HEARTBEAT', () => {
  it('is known by the id in its properties, not by where it was sent', () => {
    const bytes = encodeHeartbeat({ to: `mc/sfe.${CONTROLLER}`, id: CONTROLLER, nowUs: 17 }, 'controller-v2')
    expect(decodeMessage(bytes)).toMatchObject({ kind: 'heartbeat', id: CONTROLLER, nowUs: 17, messageId: undefined })
  })

  it('whose clock is beyond 2^53 has no time, and without an id is malformed', () => {
    const twoTo63: unknown = rhea.types.wrap_ulong(Buffer.from('8000000000000000', 'hex'))
    const late = { now: twoTo63, id: 'x' }
    const encode = (application_properties: object) =>
      decodeMessage(rhea.message.encode({ subject: 'HEARTBEAT', application_properties, body: null } as rhea.Message))
    expect(encode(late)).toMatchObject({ kind: 'heartbeat', id: 'x', nowUs: undefined })
    expect(encode({ now: 1 })).toMatchObject({ kind: 'malformed', cause: 'heartbeat' })
  })
})

describe('sections', () => {
  it('with an unknown subject, or none, are another message', () => {
    expect(decodeMessage(rhea.message.encode({ subject: 'NEWS', body: 1 }))).toMatchObject({
      kind: 'other',
      subject: 'NEWS',
    })
    expect(decodeMessage(rhea.message.encode({ body: 1 }))).toMatchObject({ kind: 'other', subject: undefined })
    expect(decodeMessage(Buffer.alloc(0))).toMatchObject({ kind: 'other', subject: undefined })
  })

  it('may be described by name, by a long code, and stand beside annotations and a footer', () => {
    const name = (text: string) => Buffer.concat([Buffer.from([0, 0xa3, text.length]), Buffer.from(text)])
    const bytes = Buffer.concat([
      Buffer.from('005372c10100', 'hex'),
      name('amqp:properties:list'),
      Buffer.from('c00c04404040', 'hex'),
      Buffer.from([0xa1, 6]),
      Buffer.from('RECORD'),
      Buffer.from('0080000000000000007745', 'hex'),
      Buffer.from('005378c10100', 'hex'),
    ])
    expect(decodeMessage(bytes)).toEqual({ kind: 'records', messageId: undefined, to: undefined, records: [] })
  })

  it.each([
    ['no section', '45'],
    ['a descriptor of nothing', '00'],
    ['an undefined format code', '005373ff'],
    ['properties longer than the message', '005373d0ffffffff00000001'],
    ['a count of four thousand million', '005373d000000008ffffffff40404040'],
    ['a field longer than its list', '005373c00401a1ff41410053774000000000'],
  ])('that are cut or lie are malformed: %s', (_what, hex) => {
    expect(decodeMessage(Buffer.from(hex, 'hex'))).toMatchObject({ kind: 'malformed', cause: 'sections' })
  })
})
