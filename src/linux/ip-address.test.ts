import fc from 'fast-check'
import ipaddr from 'ipaddr.js'
import { describe, expect, it } from 'vitest'
import { addressBytes, addressText, unmapped } from './ip-address.ts'

describe('addresses as bytes', () => {
  it.each(['192.0.2.1', '0.0.0.0', '::', '::1', '2001:db8::1', '2001:db8:0:1:1:1:1:1', 'fe80::1'])('keeps %s', text => {
    expect(addressText(addressBytes(text))).toBe(text)
  })

  it('writes an IPv4-mapped address as IPv4', () => {
    expect(addressText(addressBytes('::ffff:10.1.2.3'))).toBe('10.1.2.3')
    expect(unmapped(addressBytes('::ffff:10.1.2.3'))).toEqual(addressBytes('10.1.2.3'))
    expect(unmapped(addressBytes('10.1.2.3'))).toEqual(addressBytes('10.1.2.3'))
  })

  it('writes any IPv6 address as RFC 5952 wants it', () => {
    const byte = fc.oneof(fc.constant(0), fc.nat(255))
    fc.assert(
      fc.property(fc.array(byte, { minLength: 16, maxLength: 16 }), bytes => {
        const text = ipaddr.fromByteArray([1, ...bytes.slice(1)]).toString()
        expect(addressText(Buffer.from([1, ...bytes.slice(1)]))).toBe(text)
      }),
      { numRuns: 20_000 },
    )
  })

  it('leaves a zone out', () => {
    expect(addressBytes('fe80::1%eth0')).toEqual(addressBytes('fe80::1'))
  })
})
