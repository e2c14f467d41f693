import { expect, it } from 'vitest'
import { netlink } from '../../src/flowd/enrichers/netlink/index.ts'
import { openKernelSockets } from '../../src/flowd/flow-table/index.ts'
import { expectAgreement, measureTransfer } from '../support/flowd/measured-transfer.ts'
import { unitContext } from '../support/flowd/unit-context.ts'

it('the enricher netlink agrees with iperf3 and with ss for 30 s over a wire that loses packets', async () => {
  const sockets = openKernelSockets(error => expect.unreachable(String(error)))
  const context = { ...unitContext(), followDeaths: sockets.followDeaths }
  const enricher = netlink.create({ protocol: 6, ext: 255, state: 3071, periodMs: 100 }, context)
  const transfer = await measureTransfer({ seconds: 30, enricher })
  expectAgreement(transfer)
  expect(transfer.ss.length).toBeGreaterThan(10)
  sockets.close()
})
