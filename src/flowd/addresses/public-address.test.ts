import { describe, expect, it } from 'vitest'
import { isLinkLocalAddress, isPublicAddress } from './public-address.ts'

const NOT_PUBLIC = `2001:db8::1 fd00::1 fe80::1 2001:1ff::1 2002:c000:204::1 ::1 3fff:fff::1 64:ff9b:1:1::1 100::1
  2620:4f:8000::1 5f00:1::1 ff02::1 100.64.0.1 10.0.0.1 127.0.0.1 192.168.1.1 203.0.113.1 255.255.255.255 224.0.0.1`
const PUBLIC = `2001:1458:d00:1::1 2600:900:6:1101::1 2001:200::1 2a00:1450::1 ::ffff:10.0.0.1 3fff:1000::1
  100:0:0:1::1 8.8.8.8 100.128.0.1 172.32.0.1 192.0.1.1 198.20.0.1 203.0.114.1`

const words = (text: string) => text.split(/\s+/)

describe('V92: public addresses', () => {
  it.each(words(NOT_PUBLIC))('%s is not', address => {
    expect(isPublicAddress(address)).toBe(false)
  })

  it.each(words(PUBLIC))('%s is', address => {
    expect(isPublicAddress(address)).toBe(true)
  })
})

describe('link-local addresses', () => {
  it.each(['fe80::1', 'febf::1', 'fe80::1%eth0', '169.254.1.1'])('%s is', address => {
    expect(isLinkLocalAddress(address)).toBe(true)
  })

  it.each(['fec0::1', 'fd00::1', '169.253.0.1', '10.0.0.1'])('%s is not', address => {
    expect(isLinkLocalAddress(address)).toBe(false)
  })
})
