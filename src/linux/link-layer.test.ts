import { expect, it } from 'vitest'
import { linkHeaderBytes } from './link-layer.ts'

it.each([
  ['Ethernet', 1, 14],
  ['loopback', 772, 14],
  ['TUN and WireGuard', 65_534, 0],
  ['PPP', 512, 0],
  ['an IPv6 tunnel', 769, 0],
  ['GRE over IPv6, whose header may or may not be there', 823, undefined],
  ['InfiniBand', 32, undefined],
])('%s', (_name, arphrd, bytes) => {
  expect(linkHeaderBytes({ arphrd })).toBe(bytes)
})
