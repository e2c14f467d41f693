import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { netlinkDecodersSurvive } from '../../../test/support/properties/netlink.ts'
import { attribute, findAttribute, nested, text, uint32 } from './attribute.ts'
import { CONTROL, decodeError, decodeMessages, encodeMessage, FLAG } from './message.ts'

const bytes = fc.uint8Array({ maxLength: 200 }).map(array => Buffer.from(array))

describe('netlink codec', () => {
  it('finds every attribute that it wrote, the first of each type', () => {
    const one = fc.record({ type: fc.integer({ min: 1, max: 0x3fff }), payload: bytes })
    fc.assert(
      fc.property(fc.array(one, { maxLength: 8 }), fc.nat(40), (attributes, before) => {
        const run = attributes.map(({ type, payload }) => attribute(type, payload))
        const written = Buffer.concat([Buffer.alloc(before), ...run])
        for (const { type } of attributes) {
          const first = attributes.find(candidate => candidate.type === type)
          expect(findAttribute(written, type, before)).toEqual(first?.payload)
        }
        expect(findAttribute(written, 0, before)).toBeUndefined()
      }),
    )
  })

  it('gives back every message that it wrote, up to where the bytes are cut', () => {
    const one = fc.record({ type: fc.nat(0xffff), flags: fc.nat(0xffff), sequence: fc.nat(), payload: bytes })
    fc.assert(
      fc.property(fc.array(one, { maxLength: 5 }), fc.nat(), (messages, cut) => {
        const written = Buffer.concat(messages.map(encodeMessage))
        expect(decodeMessages(written)).toEqual(messages)
        const part = decodeMessages(written.subarray(0, written.length === 0 ? 0 : cut % written.length))
        expect(part).toEqual(messages.slice(0, part.length))
      }),
    )
  })

  it('survives any bytes as messages, attributes and every decoded type', () => netlinkDecodersSurvive(20_000))

  it('reads a refusal with and without the repeated request', () => {
    const request = encodeMessage({ type: 16, flags: 0, sequence: 1, payload: Buffer.alloc(20) })
    const errno = Buffer.alloc(4)
    errno.writeInt32LE(-17)
    const explained = text(1, 'already there')
    const full = { type: CONTROL.ERROR, flags: FLAG.ACK_TLVS, sequence: 1 }
    const whole = Buffer.concat([errno, request, explained])
    expect(decodeError({ ...full, payload: whole })).toEqual({ errno: 17, explanation: 'already there' })
    const capped = { ...full, flags: FLAG.ACK_TLVS | FLAG.CAPPED }
    const short = Buffer.concat([errno, request.subarray(0, 16), explained])
    expect(decodeError({ ...capped, payload: short })).toEqual({ errno: 17, explanation: 'already there' })
    expect(decodeError({ ...full, flags: 0, payload: errno })).toEqual({ errno: 17, explanation: '' })
  })

  it('writes nested attributes as the kernel reads them', () => {
    expect(nested(18, uint32(4, 1500)).toString('hex')).toBe('0c00' + '1280' + '0800' + '0400' + 'dc050000')
  })
})
