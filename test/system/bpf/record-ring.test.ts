import { describe, expect, it } from 'vitest'
import { LogThrottle } from '../../../src/common/index.ts'
import { RecordRing, ringMaps } from '../../../src/flowd/record-ring.ts'
import { unitContext } from '../../support/flowd/unit-context.ts'
import { RING_ROOM, RingProbe, toldNumbers } from '../../support/ring-probe.ts'

/** Reads what the probe tells; only records of 8 bytes, those of odd numbers, are taken for its own. */
function readOddNumbers(probe: RingProbe, lossWarning?: string) {
  const { log, lines, metrics } = unitContext()
  const account = metrics.stage('records')
  const numbers: number[] = []
  const ring = new RecordRing(ringMaps(probe.object), {
    account,
    decode: bytes => (bytes.length === 8 ? bytes.readUInt32LE() : undefined),
    onRecord: number => {
      account.passed += 1
      numbers.push(number)
    },
    warnings: new LogThrottle(log, { lines: RING_ROOM }),
    lossWarning,
  })
  return { ring, account, numbers, messages: () => lines.map(({ message }) => message) }
}

describe('the ring of records', () => {
  it('hands over what is a record of the program, and counts what is none', async () => {
    using probe = new RingProbe()
    const { ring, account, numbers, messages } = readOddNumbers(probe)
    using _ring = ring
    probe.write(1, 4)
    await expect.poll(() => numbers).toEqual([1, 3])
    await expect.poll(() => account.received).toBe(4)
    expect(account).toMatchObject({ passed: 2, droppedByCause: new Map([['layout', 2]]) })
    expect(messages()).toEqual(Array(2).fill('the program wrote a record that is none of ours'))
  })

  it('counts what found it full while it runs, and warns if there are words for it', async () => {
    using probe = new RingProbe()
    const { ring, account, messages } = readOddNumbers(probe, 'too fast')
    using _ring = ring
    probe.write(1, RING_ROOM + 100)
    await expect.poll(() => account.dropped('ring-full')).toBe(100)
    expect(messages()).toContain('too fast')
    await expect.poll(() => account.received).toBe(toldNumbers(1, RING_ROOM).length + 100)
    expect(account.received).toBe(account.passed + account.dropped())
  })

  it('hands over and counts everything when it is closed, once', () => {
    using probe = new RingProbe()
    const { ring, account, numbers } = readOddNumbers(probe)
    probe.write(1, RING_ROOM + 100)
    ring.close()
    const told = toldNumbers(1, RING_ROOM)
    const odd = told.filter(number => number % 2 === 1)
    expect(numbers).toEqual(odd)
    const drops = new Map([
      ['layout', told.length - odd.length],
      ['ring-full', 100],
    ])
    expect(account).toMatchObject({ received: told.length + 100, passed: odd.length, droppedByCause: drops })
    ring.close()
    expect(account.received).toBe(told.length + 100)
  })
})
