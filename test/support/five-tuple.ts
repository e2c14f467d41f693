import { addressFamily, type FiveTuple, type Protocol } from '../../src/scitags/index.ts'
import { VECTOR_FLOW } from './frames.ts'

/** A five-tuple; by default that of the reference's vectors, over TCP. */
export function tupleOf(change: Partial<typeof VECTOR_FLOW> & { protocol?: Protocol } = {}): FiveTuple {
  const { source, destination, sourcePort, destinationPort, protocol = 'tcp' } = { ...VECTOR_FLOW, ...change }
  return {
    protocol,
    family: addressFamily(source),
    source: { address: source, port: sourcePort },
    destination: { address: destination, port: destinationPort },
  }
}
