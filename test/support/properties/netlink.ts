import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import { decodeAddress } from '../../../src/linux/netlink/address.ts'
import { attribute, findAttribute } from '../../../src/linux/netlink/attribute.ts'
import { decodeLearnedPath } from '../../../src/linux/netlink/learned-path.ts'
import { decodeLink } from '../../../src/linux/netlink/link.ts'
import { decodeError, decodeMessages, encodeMessage } from '../../../src/linux/netlink/message.ts'
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

/** What attributes hold: numbers, names with and without their end, addresses, any bytes. */
const values = fc.oneof(
  anyBytes(24),
  fc.constantFrom('clsact\0', 'bpf\0', 'tidemark\0', 'eth0\0', 'veth', '').map(text => Buffer.from(text)),
  fc.constantFrom(0, 1, 4, 8, 16).chain(length => fc.uint8Array({ minLength: length, maxLength: length })),
)

/** Runs of attributes that may hold runs of attributes, as the kernel writes them. */
const { run: attributes } = fc.letrec<{ run: Buffer; one: Buffer }>(tie => ({
  run: fc.array(tie('one'), { maxLength: 6 }).map(list => Buffer.concat(list)),
  one: fc
    .tuple(fc.nat(64), fc.oneof({ depthSize: 'small' }, values, tie('run')))
    .map(([type, value]) => attribute(type, value)),
}))

/** The structures that stand before attributes: of errors, addresses, routes, links and traffic control. */
const STRUCTURE_BYTES = [4, 8, 12, 16, 20] as const

const payloads = fc.oneof(
  anyBytes(200),
  fc
    .tuple(
      fc.constantFrom(...STRUCTURE_BYTES).chain(length => fc.uint8Array({ minLength: length, maxLength: length })),
      attributes,
      fc.array(fc.tuple(fc.nat(200), fc.nat(255)), { maxLength: 2 }),
      fc.nat(12),
    )
    .map(([structure, run, changes, cut]) => {
      const bytes = Buffer.concat([structure, run])
      for (const [position, value] of changes) bytes[position % bytes.length] = value
      return bytes.subarray(0, bytes.length - Math.max(0, cut - 6))
    }),
)

/**
 * Netlink messages of any bytes, and such as the kernel writes, whole, damaged and cut, of every type that is decoded
 * further, throw nothing; whole ones are found in a datagram as they were.
 */
export function netlinkDecodersSurvive(cases: number): void {
  const types = fc.constantFrom(2, 3, 16, 20, 24, 36, 44)
  const messages = fc.record({ type: types, flags: fc.nat(0xffff), sequence: fc.nat(), payload: payloads })
  fc.assert(
    fc.property(messages, anyBytes(40), (message, rest) => {
      const found = decodeMessages(Buffer.concat([encodeMessage(message), rest]))
      if (!isDeepStrictEqual(found[0], { ...message, payload: Buffer.from(message.payload) })) return false
      decodeMessages(message.payload)
      for (const each of found) {
        findAttribute(each.payload, 1)
        decodeError(each)
        for (const decode of [decodeLink, decodeAddress, decodeQdisc, decodeFilter, decodeLearnedPath]) decode(each)
      }
      return true
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
