import { expect, it } from 'vitest'
import { parseCapabilities } from './capabilities.ts'

const status = (effective: string) => `Name:\tnode\nCapPrm:\t000001ffffffffff\nCapEff:\t${effective}\nCapBnd:\t0\n`

it.each([
  ['000001ffffffffff', ['CAP_NET_BIND_SERVICE', 'CAP_NET_ADMIN', 'CAP_SYS_ADMIN', 'CAP_PERFMON', 'CAP_BPF']],
  ['0000008000001000', ['CAP_NET_ADMIN', 'CAP_BPF']],
  ['0000000000200000', ['CAP_SYS_ADMIN']],
  ['0000000000000000', []],
])('reads the set in force %s', (effective, names) => {
  expect([...parseCapabilities(status(effective))]).toEqual(names)
})

it('reads none where there is none', () => {
  expect([...parseCapabilities('')]).toEqual([])
})
