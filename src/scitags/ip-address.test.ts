import { isIP } from 'node:net'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { bytesInUse } from '../../test/support/collect-garbage.ts'
import { addressFamily, canonicalAddress, withoutZone } from './ip-address.ts'

it.each([
  ['127.0.0.1', 'ipv4'],
  ['192.168.1.1', 'ipv4'],
  ['::1', 'ipv6'],
  ['2001:4860:4860::8844', 'ipv6'],
  ['::FFFF:192.168.0.1', 'ipv6'],
])('V94: %s is %s', (address, family) => expect(addressFamily(address)).toBe(family))

describe('canonicalAddress', () => {
  it.each([
    ['10.0.0.1', '10.0.0.1'],
    ['::', '::'],
    ['::1', '::1'],
    ['0:0:0:0:0:0:0:1', '::1'],
    ['2001:0DB8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['2001:0:0:1:0:0:0:1', '2001:0:0:1::1'],
    ['::ffff:10.0.0.1', '::ffff:10.0.0.1'],
    ['::FFFF:0a00:1', '::ffff:10.0.0.1'],
    ['64:ff9b::192.0.2.33', '64:ff9b::c000:221'],
    ['FE80::1%eth0', 'fe80::1%eth0'],
    ['1:2:3:4:5:6:7::', '1:2:3:4:5:6:7:0'],
  ])('%s is %s', (text, canonical) => expect(canonicalAddress(text)).toBe(canonical))

  it('takes a zone as long as the name of an interface can be', () => {
    expect(canonicalAddress('fe80::1%enp0s31f6.12345')).toBe('fe80::1%enp0s31f6.12345')
    expect(canonicalAddress(`fe80::1%${'x'.repeat(16)}`)).toBeUndefined()
  })

  it.each([
    ['192.168.100', 'IPv4'],
    ['2001:db8:1234::', 'IPv6'],
    ['fe80::1%enp0s31f6.', 'IPv6 with a zone'],
  ])('keeps nothing of the text that an address was cut out of (%s…, %s)', start => {
    const rest = 'x'.repeat(200_000)
    const before = bytesInUse()
    const kept = Array.from({ length: 100 }, (_, n) => {
      const separator = start.includes('::') ? '' : '.'
      const text = Buffer.from(`${start}${separator}${n + 1} ${rest}`).toString()
      return canonicalAddress(text.split(' ')[0] ?? '')
    })
    expect(kept).not.toContain(undefined)
    expect(bytesInUse() - before).toBeLessThan(10 << 20)
  })

  it.each(['', 'localhost', '010.0.0.1', '1.2.3', '1.2.3.4.5', '256.1.1.1', ':::', '1::2::3', '12345::', '[::1]'])(
    'refuses %j',
    text => expect(canonicalAddress(text)).toBeUndefined(),
  )

  it('agrees with the URL standard, whose hosts are canonical too', () => {
    fc.assert(
      fc.property(fc.ipV6(), text => {
        const groups = new URL(`http://[${text}]`).hostname.slice(1, -1)
        const mapped = /^::ffff:([\da-f]{1,4}):([\da-f]{1,4})$/.exec(groups)
        if (mapped === null) expect(canonicalAddress(text)).toBe(groups)
        else expect(canonicalAddress(text)).toMatch(/^::ffff:\d+\.\d+\.\d+\.\d+$/)
      }),
      { numRuns: 5000 },
    )
  })

  it('changes nothing that is canonical, and takes exactly what is an address', () => {
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6(), fc.string()), text => {
        const canonical = canonicalAddress(text)
        expect(canonical === undefined).toBe(isIP(text) === 0)
        if (canonical !== undefined) expect(canonicalAddress(canonical)).toBe(canonical)
      }),
      { numRuns: 5000 },
    )
  })

  it('tells families and cuts zones', () => {
    expect(addressFamily('10.0.0.1')).toBe('ipv4')
    expect(addressFamily('::ffff:10.0.0.1')).toBe('ipv6')
    expect(withoutZone('fe80::1%eth0')).toBe('fe80::1')
    expect(withoutZone('fe80::1')).toBe('fe80::1')
  })
})
