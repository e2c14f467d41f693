import { networkInterfaces } from 'node:os'
import { describe, expect, it } from 'vitest'
import { AddressInterfaces } from './address-interfaces.ts'

describe('the interface of an address', () => {
  it('is found on this host', () => {
    const interfaces = new AddressInterfaces()
    const [loopback] =
      Object.entries(networkInterfaces()).find(([, list]) => list?.some(({ internal }) => internal)) ?? []
    expect(interfaces.of('127.0.0.1')).toBe(loopback)
    expect(interfaces.of('2001:db8::dead')).toBeUndefined()
  })

  it('is the zone, where there is one', () => {
    expect(new AddressInterfaces(() => new Map()).of('fe80::1%eth7')).toBe('eth7')
  })

  it('is read again when an address is new, at most once a second, and when the list is old', () => {
    let [nowMs, reads] = [0, 0]
    const interfaces = new AddressInterfaces(
      () => {
        reads += 1
        return new Map([[`2001:db8::${reads}`, `eth${reads}`]])
      },
      () => nowMs,
    )
    expect(interfaces.of('2001:db8::1')).toBe('eth1')
    expect(interfaces.of('2001:db8::2')).toBeUndefined()
    nowMs = 1000
    expect(interfaces.of('2001:db8::1')).toBe('eth1')
    expect(reads).toBe(1)
    expect(interfaces.of('2001:db8::2')).toBe('eth2')
    nowMs = 10_999
    expect(interfaces.of('2001:db8::2')).toBe('eth2')
    nowMs = 11_000
    expect(interfaces.of('2001:db8::3')).toBe('eth3')
  })
})
