import { describe, expect, it } from 'vitest'
import { type Endpoint, everyFlow, flowKey, formatEndpoint, isEveryFlow } from './index.ts'

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

it.each([
  ['0.0.0.0', '0.0.0.0:1234'],
  ['127.0.0.1', '127.0.0.1:1234'],
  ['example.net', 'example.net:1234'],
  ['example.org', 'example.org:1234'],
  ['::1', '[::1]:1234'],
  ['fe80::3333:2222:1111:0000', '[fe80::3333:2222:1111:0000]:1234'],
])('V77: an endpoint at %s is written %s', (address, text) => {
  expect(formatEndpoint({ address, port: 1234 })).toBe(text)
})
