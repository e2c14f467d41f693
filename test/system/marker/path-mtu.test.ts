import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { INSERTED_BYTES } from '../../../src/flowd/backends/marker/strategy.ts'
import { INSERTING, type InsertingStrategy } from '../../support/tagged-frame.ts'
import { expectAllTagged, type MarkedTransfer, TransferLaboratory } from '../../support/transfer-laboratory.ts'

/** Transfers by the strategies that insert, over a path that is narrower than the sender's interface. */
const BYTES = '2M'
const PATH_MTU = 1400

const laboratory = new TransferLaboratory({ router: true })
const otherWayBack = new TransferLaboratory({ router: true, otherWayBack: true })
const laboratories = [laboratory, otherWayBack]
beforeAll(() => Promise.all(laboratories.map(one => one.ready())))
afterAll(() => Promise.all(laboratories.map(one => one.close())))

/** All arrived, well formed; what had room is tagged, what had not is counted by cause. */
function expectFittingTagged(strategy: InsertingStrategy, transfer: MarkedTransfer): void {
  const { packets, seen, lengths, complaints } = transfer
  const limit = PATH_MTU - INSERTED_BYTES[strategy]
  const fitting = lengths.filter(({ bytes, tagged }) => tagged || bytes <= limit)
  expect(complaints).toBe('')
  expect(fitting.length).toBeGreaterThan(0)
  expect(fitting.filter(({ tagged }) => tagged).length / fitting.length).toBeGreaterThanOrEqual(0.99)
  expect(packets('path_mtu')).toBeGreaterThan(0)
  expect(packets('marked')).toBe(seen.tagged)
  expect(packets('mtu') + packets('path_mtu')).toBe(seen.untagged)
}

const tooLong = ({ lengths }: MarkedTransfer) => lengths.filter(({ bytes, tagged }) => tagged && bytes > PATH_MTU)

describe.each(INSERTING)('%s', strategy => {
  it.each([1500, 9000])(
    'the kernel learns the path MTU from its own packets, MTU %d: no tagged one is too long',
    async mtu => {
      const beyond = { mtu: PATH_MTU, receiverMtu: mtu }
      const transfer = await laboratory.transfer(strategy, { mtu, offloads: 'off', roomBytes: 0, beyond }, BYTES)
      expectFittingTagged(strategy, transfer)
      if (mtu === 1500) expect(tooLong(transfer)).toEqual([])
    },
  )

  it('only tagged packets are too long: a router tells of the first, and the transfer goes on', async () => {
    const beyond = { mtu: PATH_MTU, receiverMtu: PATH_MTU }
    const transfer = await laboratory.transfer(strategy, { mtu: 1500, offloads: 'off', roomBytes: 0, beyond }, BYTES)
    expectFittingTagged(strategy, transfer)
    expect(tooLong(transfer).length).toBeGreaterThan(0)
    expect(tooLong(transfer).length).toBeLessThan(100)
  })

  it('what routers tell comes in on an interface that is not marked on: the transfer goes on', async () => {
    const beyond = { mtu: PATH_MTU, receiverMtu: 1500 }
    const transfer = await otherWayBack.transfer(strategy, { mtu: 1500, offloads: 'off', roomBytes: 0, beyond }, BYTES)
    expectFittingTagged(strategy, transfer)
    expect(tooLong(transfer).length).toBeLessThan(100)
  })

  it('segments of GSO packets are judged as they will be on the wire', async () => {
    const beyond = { mtu: PATH_MTU, receiverMtu: 1500 }
    const cable = { mtu: 1500, offloads: 'software', roomBytes: 0, beyond } as const
    const transfer = await laboratory.transfer(strategy, cable, BYTES)
    expect(transfer.complaints).toBe('')
    expect(transfer.packets('path_mtu')).toBeGreaterThan(0)
    expect(tooLong(transfer)).toEqual([])
  })

  it('with too little room, which the kernel does not mind: what does not fit goes untagged', async () => {
    const roomBytes = 1500 - PATH_MTU + INSERTED_BYTES[strategy] - 4
    const beyond = { mtu: PATH_MTU, receiverMtu: 1500 }
    const transfer = await laboratory.transfer(strategy, { mtu: 1500, offloads: 'off', roomBytes, beyond }, BYTES)
    expectFittingTagged(strategy, transfer)
    expect(tooLong(transfer).length).toBeGreaterThan(0)
    expect(tooLong(transfer).length).toBeLessThan(100)
  })

  it('with room: everything is tagged', async () => {
    const roomBytes = 1500 - PATH_MTU + INSERTED_BYTES[strategy]
    const beyond = { mtu: PATH_MTU, receiverMtu: 1500 }
    const transfer = await laboratory.transfer(strategy, { mtu: 1500, offloads: 'off', roomBytes, beyond }, BYTES)
    expectAllTagged(transfer)
    expect(transfer.packets('path_mtu')).toBe(0)
  })
})
