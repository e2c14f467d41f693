import { describe, expect, it } from 'vitest'
import { type Endpoint, everyFlow, flowKey, isEveryFlow } from './index.ts'

describe('the tuple that stands for every packet', () => {
  it('is one for each protocol, and knows itself', () => {
    const both = [everyFlow('tcp'), everyFlow('udp')]
    expect(both.map(flowKey)).toEqual(['tcp :: 0 :: 0', 'udp :: 0 :: 0'])
    expect(both.map(isEveryFlow)).toEqual([true, true])
  })

  it('is none that a packet can have', () => {
    const others: Endpoint[] = [
      { address: '2001:db8::1', port: 0 },
      { address: '::', port: 1 },
      { address: '0.0.0.0', port: 0 },
    ]
    for (const other of others) {
      expect(isEveryFlow({ ...everyFlow('tcp'), source: other })).toBe(false)
      expect(isEveryFlow({ ...everyFlow('tcp'), destination: other })).toBe(false)
    }
  })
})
