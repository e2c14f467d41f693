import { crc32 } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { stunRepliesSurvive } from '../../../../test/support/properties/stun.ts'
import { decodeReply, encodeBindingRequest } from './message.ts'

const ID = Buffer.from('000102030405060708090a0b', 'hex')
const IPV4_REPLY = '0101000c2112a442000102030405060708090a0b002000080001f523ea12d545'

/** A success reply with these attributes. */
function success(...attributes: readonly string[]): Buffer {
  const body = attributes.join('')
  const length = (body.length / 2).toString(16).padStart(4, '0')
  return Buffer.from(`0101${length}2112a442${ID.toString('hex')}${body}`, 'hex')
}

describe('STUN messages', () => {
  it('V89: a Binding request with SOFTWARE and FINGERPRINT', () => {
    expect(encodeBindingRequest(ID, 'tailnode').toString('hex')).toBe(
      '000100142112a442000102030405060708090a0b802200087461696c6e6f6465802800048aabad90',
    )
  })

  it('V90: an IPv4 reply', () => {
    expect(decodeReply(Buffer.from(IPV4_REPLY, 'hex'), ID)).toEqual({
      kind: 'mapped',
      address: '203.0.113.7',
      port: 54_321,
    })
  })

  it('V91: an IPv6 reply', () => {
    const reply = '010100182112a442000102030405060708090a0b002000140002f5230113a9fa000102030405060708090a0c'
    expect(decodeReply(Buffer.from(reply, 'hex'), ID)).toEqual({
      kind: 'mapped',
      address: '2001:db8::7',
      port: 54_321,
    })
  })

  it('takes the plain address of an older server, and prefers the masked one', () => {
    const plain = '000100080001d431c6336402'
    const masked = '002000080001f523ea12d545'
    expect(decodeReply(success(plain), ID)).toEqual({ kind: 'mapped', address: '198.51.100.2', port: 54_321 })
    expect(decodeReply(success(plain, masked), ID)).toMatchObject({ address: '203.0.113.7' })
  })

  it('reads a refusal', () => {
    const text = Buffer.from('Try again later.').toString('hex')
    const body = `00090014000003 00${text}`.replace(' ', '')
    const reply = Buffer.from(`011100182112a442${ID.toString('hex')}${body}`, 'hex')
    expect(decodeReply(reply, ID)).toEqual({ kind: 'error', code: 300, reason: 'Try again later.' })
  })

  it('gives nothing for what is no reply to this request', () => {
    const reply = Buffer.from(IPV4_REPLY, 'hex')
    expect(decodeReply(reply, Buffer.alloc(12))).toBeUndefined()
    const otherCookie = Buffer.from(reply)
    otherCookie[4] = 0
    expect(decodeReply(otherCookie, ID)).toBeUndefined()
    for (let length = 0; length < reply.length; length += 1) {
      expect(decodeReply(reply.subarray(0, length), ID)).toBeUndefined()
    }
    expect(decodeReply(encodeBindingRequest(ID, 'echo'), ID)).toBeUndefined()
    expect(decodeReply(success(), ID)).toBeUndefined()
    expect(decodeReply(success('002000080003f523ea12d545'), ID)).toBeUndefined()
  })

  it('skips what may be skipped, refuses what must be understood', () => {
    const masked = '002000080001f523ea12d545'
    expect(decodeReply(success(`8022000361626300`, masked), ID)).toMatchObject({ address: '203.0.113.7' })
    expect(decodeReply(success('001a000400000000', masked), ID)).toBeUndefined()
  })

  it('checks a fingerprint', () => {
    const masked = '002000080001f523ea12d545'
    const reply = success(masked, '8028000400000000')
    expect(decodeReply(reply, ID)).toBeUndefined()
    reply.writeUInt32BE((crc32(reply.subarray(0, -8)) ^ 0x5354554e) >>> 0, reply.length - 4)
    expect(decodeReply(reply, ID)).toMatchObject({ address: '203.0.113.7' })
  })

  it('survives any bytes', () => stunRepliesSurvive(20_000))
})
