import { afterAll, beforeAll, describe, it } from 'vitest'
import { INSERTED_BYTES, STRATEGIES } from '../../../src/flowd/backends/marker/strategy.ts'
import { expectAllTagged, expectFullPacketsUntouched, TransferLaboratory } from '../../support/transfer-laboratory.ts'

/** Transfers by every strategy at an MTU of 1500; `test/long/marker/strategies.test.ts` has the whole matrix. */
const BYTES = '2M'

const laboratory = new TransferLaboratory()
beforeAll(() => laboratory.ready())
afterAll(() => laboratory.close())

describe('a transfer', () => {
  it.each(STRATEGIES)('with room, %s: all arrives, well formed and tagged', async strategy => {
    const cable = { mtu: 1500, offloads: 'off', roomBytes: INSERTED_BYTES[strategy] } as const
    expectAllTagged(await laboratory.transfer(strategy, cable, BYTES))
  })

  it('with room and offloads: all arrives, well formed and tagged', async () => {
    for (const offloads of ['on', 'software'] as const) {
      const cable = { mtu: 1500, offloads, roomBytes: 16 }
      expectAllTagged(await laboratory.transfer('hopByHopDestination', cable, BYTES))
    }
  })

  it('without room: full packets arrive untouched, counted as `mtu`', async () => {
    const cable = { mtu: 1500, offloads: 'on', roomBytes: 7 } as const
    expectFullPacketsUntouched(await laboratory.transfer('hopByHop', cable, BYTES))
  })
})
