import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { INSERTED_BYTES, STRATEGIES } from '../../../src/flowd/backends/marker/strategy.ts'
import { INSERTING } from '../../support/tagged-frame.ts'
import { expectAllTagged, expectFullPacketsUntouched, TransferLaboratory } from '../../support/transfer-laboratory.ts'

/** Real transfers by every strategy, at MTU 1500 and 9000, with offloads on, in software, and off. */
const OFFLOADS = ['on', 'software', 'off'] as const
/** All headers of a packet. */
const HEADER_BYTES = 160

const laboratory = new TransferLaboratory()
beforeAll(() => laboratory.ready())
afterAll(() => laboratory.close())

describe('a transfer with room', () => {
  it.each(
    STRATEGIES.flatMap(strategy =>
      [1500, 9000].flatMap(mtu => OFFLOADS.map(offloads => ({ strategy, mtu, offloads }))),
    ),
  )(
    '$strategy, MTU $mtu, offloads $offloads: all arrives, well formed and tagged',
    async ({ strategy, mtu, offloads }) => {
      const cable = { mtu, offloads, roomBytes: INSERTED_BYTES[strategy] }
      expectAllTagged(await laboratory.transfer(strategy, cable, '6M'))
    },
  )
})

describe('a transfer without room', () => {
  it.each(INSERTING.flatMap(strategy => OFFLOADS.map(offloads => ({ strategy, offloads }))))(
    '$strategy, offloads $offloads: full packets arrive untouched, counted as `mtu`',
    async ({ strategy, offloads }) => {
      const cable = { mtu: 1500, offloads, roomBytes: INSERTED_BYTES[strategy] - 1 }
      expectFullPacketsUntouched(await laboratory.transfer(strategy, cable, '6M'))
    },
  )

  it.each(INSERTING)(
    '%s, IPv6 BIG TCP: packets of more than 65,535 bytes arrive untouched, counted as `jumbo`',
    async strategy => {
      const cable = { mtu: 1500, offloads: 'on', roomBytes: 16, gsoMaxBytes: 200_000, snapBytes: HEADER_BYTES } as const
      const { packets, seen } = await laboratory.transfer(strategy, cable, '50M')
      expect(packets('jumbo')).toBeGreaterThan(0)
      expect({ marked: packets('marked'), jumbo: packets('jumbo') }).toEqual({ marked: seen.tagged, jumbo: seen.jumbo })
      expect(seen.untagged).toBe(seen.jumbo)
    },
  )
})
