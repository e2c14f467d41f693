import { describe, expect, it } from 'vitest'
import { addressReach } from './public-address.ts'

const NOT_PUBLIC = `2001:db8::1 fd00::1 fe80::1 2001:1ff::1 2002:c000:204::1 ::1 3fff:fff::1 64:ff9b:1:1::1 100::1
  2620:4f:8000::1 5f00:1::1 ff02::1 100.64.0.1 10.0.0.1 127.0.0.1 192.168.1.1 203.0.113.1 255.255.255.255 224.0.0.1`
const PUBLIC = `2001:1458:d00:1::1 2600:900:6:1101::1 2001:200::1 2a00:1450::1 ::ffff:10.0.0.1 3fff:1000::1
  100:0:0:1::1 8.8.8.8 100.128.0.1 172.32.0.1 192.0.1.1 198.20.0.1 203.0.114.1`

const words = (text: string) => text.split(/\s+/)

describe('how far an address reaches', () => {
  it.each(words(NOT_PUBLIC))('V92: %s is not public', address => {
    expect(addressReach(address)).not.toBe('public')
  })

  it.each(words(PUBLIC))('V92: %s is public', address => {
    expect(addressReach(address)).toBe('public')
  })

  it.each([
    ['fe80::1', 'link-local'],
    ['febf::1', 'link-local'],
    ['fe80::1%eth0', 'link-local'],
    ['169.254.1.1', 'link-local'],
    ['fec0::1', 'public'],
    ['fd00::1', 'private'],
    ['10.0.0.1', 'private'],
    ['127.8.8.8', 'loopback'],
    ['::1', 'loopback'],
  ])('%s is %s', (address, reach) => {
    expect(addressReach(address)).toBe(reach)
  })
})
