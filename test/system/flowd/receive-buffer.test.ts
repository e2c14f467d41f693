import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { FlowdProcess } from '../../support/flowd/flowd-process.ts'

const RMEM_MAX = Number(readFileSync('/proc/sys/net/core/rmem_max', 'utf8'))
const WANTED = 1_073_741_823
const configuration = { plugins: { firefly: { bindPort: 0, receiveBuffer: WANTED } } }

const RECEIVED = /^.*fireflies are received.*$/m
const SMALLER = /^.*the kernel grants a smaller receive buffer.*$/m

it('is granted whatever is asked for, beyond the limit of the system', async () => {
  await using flowd = new FlowdProcess({ configuration })
  await expect.poll(() => flowd.stderr).toMatch(RECEIVED)
  expect(flowd.stderr).not.toMatch(SMALLER)
})

it('is granted up to the limit of the system without CAP_NET_ADMIN, with a warning', async () => {
  const prefix = ['setpriv', '--inh-caps=-all', '--bounding-set=-all']
  await using flowd = new FlowdProcess({ configuration, prefix })
  await expect.poll(() => flowd.stderr).toMatch(RECEIVED)
  const [line = ''] = SMALLER.exec(flowd.stderr) ?? []
  expect(line).toContain(`granted=${RMEM_MAX} `)
  expect(line).toContain(`sysctl -w net.core.rmem_max=${WANTED}`)
})
