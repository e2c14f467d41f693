import fc from 'fast-check'
import { decodeAddress } from '../../../src/linux/netlink/address.ts'
import { findAttribute } from '../../../src/linux/netlink/attribute.ts'
import { decodeLink } from '../../../src/linux/netlink/link.ts'
import { decodeError, decodeMessages } from '../../../src/linux/netlink/message.ts'
import { decodeFilter, decodeQdisc } from '../../../src/linux/netlink/traffic-control.ts'
import { SocketRecord } from '../../../src/linux/sock-diag/socket-record.ts'

/** Every part that is read on demand. */
const PARTS = Object.keys(Object.getOwnPropertyDescriptors(SocketRecord.prototype)).filter(
  name => name !== 'constructor',
) as (keyof SocketRecord)[]

const anyBytes = (maxLength: number) => fc.uint8Array({ maxLength }).map(array => Buffer.from(array))

/** Netlink messages of any bytes, and every type that is decoded further, throw nothing. */
export function netlinkDecodersSurvive(cases: number): void {
  const types = fc.constantFrom(2, 3, 16, 20, 36, 44)
  fc.assert(
    fc.property(anyBytes(200), types, fc.nat(0xffff), (payload, type, flags) => {
      decodeMessages(payload)
      findAttribute(payload, 1)
      const message = { type, flags, sequence: 1, payload }
      decodeError(message)
      for (const decode of [decodeLink, decodeAddress, decodeQdisc, decodeFilter]) decode(message)
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
      for (const part of PARTS) void record[part]
      return true
    }),
    { numRuns: cases },
  )
}
