import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { sampleOf } from '../../../../test/support/flowd/samples.ts'
import { FlowCounter, zeroCounts } from './flow-counter.ts'

const sent = (bytesSent: number, source = 'netlink') => sampleOf({ bytesSent, bytesReceived: 0 }, { source })

describe('what a flow adds to a sum', () => {
  it('is what grew, each byte once, without those sent again', () => {
    const [counter, sums] = [new FlowCounter(false), zeroCounts()]
    counter.sample(sampleOf({ bytesSent: 1000, bytesRetrans: 100, bytesReceived: 5, segsOut: 2 }), sums)
    counter.sample(
      sampleOf({ bytesSent: 3000, bytesRetrans: 500, bytesReceived: 5, segsOut: 6, segsIn: 3, totalRetrans: 1 }),
      sums,
    )
    expect(sums).toEqual({
      sentBytes: 2500,
      receivedBytes: 5,
      sentSegments: 6,
      receivedSegments: 3,
      retransmittedBytes: 500,
      retransmittedSegments: 1,
    })
    expect(counter.totals).toEqual(sums)
  })

  it('is what came since the first sample, when the flow is older than the count', () => {
    const [counter, sums] = [new FlowCounter(true), zeroCounts()]
    counter.sample(sent(5_000_000), sums)
    counter.sample(sent(5_000_007), sums)
    expect(sums.sentBytes).toBe(7)
    expect(counter.totals.sentBytes).toBe(5_000_007)
  })

  it('counts once what two enrichers tell, and passes over the one that comes late', () => {
    const [counter, sums] = [new FlowCounter(false), zeroCounts()]
    for (const sample of [sent(100), sent(150, 'skops'), sent(120), sent(200), sent(200, 'skops')])
      counter.sample(sample, sums)
    expect(sums.sentBytes).toBe(200)
  })

  it('takes the end of a socket for no new one where it has one byte less to tell', () => {
    const [counter, sums] = [new FlowCounter(false), zeroCounts()]
    for (const bytesReceived of [100, 99]) counter.sample(sampleOf({ bytesSent: 5, bytesReceived }), sums)
    expect([sums.sentBytes, sums.receivedBytes]).toEqual([5, 100])
  })

  it('goes on when a new socket takes the place of the old one', () => {
    const [counter, sums] = [new FlowCounter(false), zeroCounts()]
    for (const bytes of [100, 10, 25]) counter.sample(sent(bytes), sums)
    expect(sums.sentBytes).toBe(125)
    expect(counter.totals.sentBytes).toBe(25)
  })

  it('is what events told, until a sample comes', () => {
    const [counter, sums] = [new FlowCounter(false), zeroCounts()]
    counter.usage({ sentBytes: 500, receivedBytes: 10 }, false, sums)
    counter.usage({ sentBytes: 400, receivedBytes: 20 }, false, sums)
    expect([sums.sentBytes, sums.receivedBytes]).toEqual([500, 20])
    counter.sample(sent(300), sums)
    counter.sample(sent(600), sums)
    counter.usage({ sentBytes: 9000, receivedBytes: 9000 }, false, sums)
    expect([sums.sentBytes, sums.receivedBytes]).toEqual([800, 20])
  })

  it('is also what the kernel told when the socket died', () => {
    const [counter, sums] = [new FlowCounter(false), zeroCounts()]
    counter.sample(sent(300), sums)
    counter.usage({ sentBytes: 350, receivedBytes: 7 }, true, sums)
    expect([sums.sentBytes, sums.receivedBytes]).toEqual([350, 7])
  })

  it('is nothing, when all that is known of an old flow is what it moved in all', () => {
    const [counter, sums] = [new FlowCounter(true), zeroCounts()]
    counter.usage({ sentBytes: 350, receivedBytes: 7 }, true, sums)
    expect(sums).toEqual(zeroCounts())
    counter.usage({ sentBytes: 360, receivedBytes: 7 }, true, sums)
    expect(sums.sentBytes).toBe(10)
  })

  it('never makes a sum fall, whatever comes', () => {
    const step = fc.record({ source: fc.constantFrom('netlink', 'skops'), bytesSent: fc.nat(1000) })
    fc.assert(
      fc.property(fc.boolean(), fc.array(step), (isResumed, steps) => {
        const [counter, sums] = [new FlowCounter(isResumed), zeroCounts()]
        let before = 0
        for (const { source, bytesSent } of steps) {
          counter.sample(sent(bytesSent, source), sums)
          expect(sums.sentBytes).toBeGreaterThanOrEqual(before)
          before = sums.sentBytes
        }
      }),
    )
  })
})
