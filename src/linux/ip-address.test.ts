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

  it('leaves a zone out', () => {
    expect(addressBytes('fe80::1%eth0')).toEqual(addressBytes('fe80::1'))
  })
})
