import fc from 'fast-check'
import { decodeReply } from '../../../src/flowd/addresses/stun/message.ts'

const ID = Buffer.from('000102030405060708090a0b', 'hex')
const HEADERS = ['0101', '0111'].map(type => Buffer.from(type, 'hex'))

/** Any bytes, bare and behind the header of a reply to our request with the right length, throw nothing. */
export function stunRepliesSurvive(cases: number): void {
  const body = fc.uint8Array({ maxLength: 80 }).map(bytes => Buffer.from(bytes.subarray(0, bytes.length & ~3)))
  fc.assert(
    fc.property(body, fc.constantFrom(...HEADERS), (bytes, type) => {
      const length = Buffer.from([bytes.length >> 8, bytes.length & 0xff])
      const framed = Buffer.concat([type, length, Buffer.from('2112a442', 'hex'), ID, bytes])
      for (const reply of [decodeReply(bytes, ID), decodeReply(framed, ID)]) {
        if (reply?.kind === 'mapped' && (reply.address === '' || reply.port > 65_535)) return false
      }
      return true
    }),
    { numRuns: cases },
  )
}
