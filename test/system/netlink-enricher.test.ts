import { afterAll, expect, it } from 'vitest'
import { netlink } from '../../src/flowd/enrichers/netlink/index.ts'
import { openKernelSockets } from '../../src/flowd/flow-table/index.ts'
import { expectAgreement, measureTransfer } from '../support/flowd/measured-transfer.ts'
import { unitContext } from '../support/flowd/unit-context.ts'

const sockets = openKernelSockets(error => expect.unreachable(String(error)))
afterAll(() => sockets.close())

it('agrees with iperf3 and with ss over a wire that loses packets, to the last byte', async () => {
  const context = { ...unitContext(), followDeaths: sockets.followDeaths }
  const enricher = netlink.create({ protocol: 6, ext: 255, state: 3071, periodMs: 100 }, context)
  expectAgreement(await measureTransfer({ seconds: 4, enricher }))
})
