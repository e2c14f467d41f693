import { expect, it } from 'vitest'
import { sampleOf } from '../../test/support/flowd/samples.ts'
import { SOCKET_STATES } from '../linux/index.ts'
import { usageOf } from './sample.ts'

it('tells what the application moved: nothing twice, and not the end of the stream that the kernel counts', () => {
  const received = SOCKET_STATES.map((_, state) => {
    const { tcpInfo } = sampleOf({ state, bytesSent: 110, bytesRetrans: 10, bytesReceived: 8 })
    return usageOf(tcpInfo)
  })
  const endSeen = ['TIME_WAIT', 'CLOSE', 'CLOSE_WAIT', 'LAST_ACK', 'CLOSING']
  expect(received).toEqual(
    SOCKET_STATES.map(state => ({ sentBytes: 100, receivedBytes: endSeen.includes(state) ? 7 : 8 })),
  )
})

it('is what was acknowledged where the kernel tells no more, and nothing where it tells nothing', () => {
  expect(usageOf(sampleOf({ state: 1, bytesAcked: 5, bytesReceived: 0 }).tcpInfo)).toEqual({
    sentBytes: 5,
    receivedBytes: 0,
  })
  expect(usageOf(sampleOf({ state: 7, bytesAcked: 5, bytesReceived: 0 }).tcpInfo)?.receivedBytes).toBe(0)
  expect(usageOf(sampleOf().tcpInfo)).toBeUndefined()
})
