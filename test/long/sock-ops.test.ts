import { afterAll, beforeAll, expect, it } from 'vitest'
import { Skops } from '../../src/flowd/enrichers/skops/skops.ts'
import { expectAgreement, measureTransfer } from '../support/flowd/measured-transfer.ts'
import { unitContext } from '../support/flowd/unit-context.ts'
import { TestCgroup } from '../support/sock-ops/cgroup.ts'
import { measurePairing } from '../support/sock-ops/pairing.ts'

let cgroup: TestCgroup
beforeAll(() => {
  cgroup = new TestCgroup()
})
afterAll(() => cgroup.remove())

it('skops agrees with iperf3 and with ss for 30 s over a wire that loses packets', async () => {
  const options = {
    strategy: 'poll' as const,
    maxFlows: 100,
    cgroupPath: cgroup.path,
    programPath: '',
    debugMode: false,
    periodMs: 10,
  }
  const enricher = new Skops(options, unitContext())
  const transfer = await measureTransfer({ seconds: 30, enricher, onSender: pid => cgroup.add(pid) })
  expectAgreement(transfer)
  expect(transfer.ss.length).toBeGreaterThan(10)
})

it('the watcher pairs 99.99 % of starts and ends for 10 s, as fast as connections can be opened and closed', async () => {
  const { connections, pairs, starts, ends, lost } = await measurePairing(10)
  expect(pairs / connections).toBeGreaterThanOrEqual(0.9999)
  expect(2 * connections).toBe(starts + ends + lost)
})
