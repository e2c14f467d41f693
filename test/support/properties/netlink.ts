import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import { decodeAddress } from '../../../src/linux/netlink/address.ts'
import { findAttribute } from '../../../src/linux/netlink/attribute.ts'
import { decodeLearnedPath } from '../../../src/linux/netlink/learned-path.ts'
import { decodeLink } from '../../../src/linux/netlink/link.ts'
import { decodeError, decodeMessages } from '../../../src/linux/netlink/message.ts'
import { decodeFilter, decodeQdisc } from '../../../src/linux/netlink/traffic-control.ts'
import { prepareLookup } from '../../../src/linux/sock-diag/lookup.ts'
import { SocketRecord } from '../../../src/linux/sock-diag/socket-record.ts'

/** Every part that is read on demand. */
const PARTS = Object.entries(Object.getOwnPropertyDescriptors(SocketRecord.prototype))
  .filter(([, { get }]) => get !== undefined)
  .map(([name]) => name as keyof SocketRecord)

/** Of the socket that the real reply tells of. */
const LOOKUP = prepareLookup(
  { protocol: 'tcp', source: { address: '::1', port: 54_910 }, destination: { address: '::1', port: 33_637 } },
  0,
)

const anyBytes = (maxLength: number) => fc.uint8Array({ maxLength }).map(array => Buffer.from(array))

/** Netlink messages of any bytes, and every type that is decoded further, throw nothing. */
export function netlinkDecodersSurvive(cases: number): void {
  const types = fc.constantFrom(2, 3, 16, 20, 24, 36, 44)
  fc.assert(
    fc.property(anyBytes(200), types, fc.nat(0xffff), (payload, type, flags) => {
      decodeMessages(payload)
      findAttribute(payload, 1)
      const message = { type, flags, sequence: 1, payload }
      decodeError(message)
      for (const decode of [decodeLink, decodeAddress, decodeQdisc, decodeFilter, decodeLearnedPath]) decode(message)
    }),
    { numRuns: cases },
  )
}

/** sock_diag replies of any bytes, and a real one cut and damaged anywhere, throw nothing. */
export function socketRecordsSurvive(cases: number, real: Buffer): void {
  const damaged = fc
    .tuple(fc.nat(real.length), fc.array(fc.tuple(fc.nat(real.length - 1), fc.nat(255)), { maxLength: 6 }))
    .map(([length, changes]) => {
      const bytes = Buffer.from(real)
      for (const [position, value] of changes) bytes[position] = value
      return bytes.subarray(0, length)
    })
  fc.assert(
    fc.property(fc.oneof(anyBytes(500), damaged), bytes => {
      const record = SocketRecord.of(bytes)
      if (bytes.length < 72) return record === undefined
      if (record === undefined || record.cookie.length !== 16) return false
      // The same bytes within others are the same record.
      const within = SocketRecord.of(Buffer.concat([bytes, bytes, bytes]), bytes.length, 2 * bytes.length)
      if (!record.isSameSocket(within ?? record) || record.isOf(LOOKUP) !== within?.isOf(LOOKUP)) return false
      return PARTS.every(part => isDeepStrictEqual(record[part], within[part]))
    }),
    { numRuns: cases },
  )
}
