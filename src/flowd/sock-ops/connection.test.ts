import fc from 'fast-check'
import { expect, it } from 'vitest'
import { canonicalAddress } from '../../scitags/index.ts'
import { CONNECTION_BYTES, readConnection, writeConnection } from './connection.ts'

/** Bytes of connections, with runs of zeros as addresses have them. */
const connections = fc
  .array(fc.oneof(fc.constant(0), fc.nat(255)), { minLength: CONNECTION_BYTES, maxLength: CONNECTION_BYTES })
  .map(bytes => Buffer.from(bytes))

it('writes addresses of the kernel as plugins have them, so that both name one flow', () => {
  fc.assert(
    fc.property(connections, bytes => {
      const { source, destination } = readConnection(bytes)
      for (const { address } of [source, destination]) expect(canonicalAddress(address)).toBe(address)
    }),
    { numRuns: 5000 },
  )
})

it('writes a connection as it was read', () => {
  fc.assert(
    fc.property(connections, bytes => {
      const written = Buffer.alloc(CONNECTION_BYTES)
      writeConnection(readConnection(bytes), written)
      expect(written).toEqual(bytes)
    }),
    { numRuns: 5000 },
  )
})
