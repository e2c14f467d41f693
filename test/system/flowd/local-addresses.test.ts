import { networkInterfaces } from 'node:os'
import { afterAll, afterEach, expect, it, vi } from 'vitest'
import { silentLogger } from '../../../src/common/index.ts'
import { AddressInterfaces, localAddresses } from '../../../src/flowd/addresses/index.ts'
import { LocalHost } from '../../../src/flowd/plugins/firefly/local-host.ts'
import { inNetworkNamespace } from '../../../src/linux/index.ts'
import { Laboratory } from '../../support/namespace.ts'

const ADDRESSES = ['2001:db8:7::1', '192.0.2.7']

const laboratory = new Laboratory()
const { left } = laboratory.pair()
afterAll(() => laboratory.close())
afterEach(() => void vi.useRealTimers())

it('lists addresses of interfaces without carrier, too', () => {
  left.exec('ip', 'link', 'add', 'idle0', 'type', 'veth', 'peer', 'name', 'idle1')
  left.exec('ip', 'link', 'set', 'idle0', 'up')
  for (const address of ADDRESSES) left.exec('ip', 'address', 'add', address, 'dev', 'idle0')
  expect(inNetworkNamespace(left.path, localAddresses)).toEqual(expect.arrayContaining(ADDRESSES))
  expect(inNetworkNamespace(left.path, () => Object.keys(networkInterfaces()))).not.toContain('idle0')
})

it('knows which interface has an address, also one without carrier', () => {
  const interfaces = new AddressInterfaces()
  const names = inNetworkNamespace(left.path, () => [...ADDRESSES, '2001:db8:1::1'].map(one => interfaces.of(one)))
  expect(names).toEqual(['idle0', 'idle0', 'eth0'])
})

it.each(['2001:db8:8::1', '192.0.2.8'])('hears that %s is new', async address => {
  // What is looked at each few seconds is not what is meant here.
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
  let listed: string[] = []
  const host = new LocalHost(() => listed, silentLogger)
  inNetworkNamespace(left.path, () => host.start())
  expect(host.has(address)).toBe(false)
  listed = [address]
  left.exec('ip', 'address', 'add', address, 'dev', 'lo')
  await expect.poll(() => host.has(address)).toBe(true)
  host.stop()
})
