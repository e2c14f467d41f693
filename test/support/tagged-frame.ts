import { INSERTED_BYTES, type MarkingStrategy, STRATEGIES } from '../../src/flowd/backends/marker/strategy.ts'
import { NEXT_HEADER } from './frames.ts'

export type InsertingStrategy = Exclude<MarkingStrategy, 'label'>

/** The strategies that insert extension headers. */
export const INSERTING = STRATEGIES.filter((strategy): strategy is InsertingStrategy => INSERTED_BYTES[strategy] > 0)

/** The next-header numbers that a strategy puts in front of the transport's. */
export const INSERTED_KINDS: Readonly<Record<InsertingStrategy, readonly number[]>> = {
  hopByHop: [NEXT_HEADER.hopByHop],
  destination: [NEXT_HEADER.destinationOptions],
  hopByHopDestination: [NEXT_HEADER.hopByHop, NEXT_HEADER.destinationOptions],
}

/**
 * A frame as it should be when tagged, computed apart from the program: an option of type 0x1e with experiment and
 * activity in each inserted header.
 *
 * @param network where the IPv6 header begins
 */
export function withHeaders(
  strategy: InsertingStrategy,
  frame: Buffer,
  { network = 14, experiment = 2, activity = 16 } = {},
): Buffer {
  const transport = frame.readUInt8(network + 6)
  const [first = transport, ...others] = INSERTED_KINDS[strategy]
  const inserted = [...others, transport].map(next =>
    Buffer.from([next, 0, 0x1e, 3, experiment >> 8, experiment & 0xff, activity, 0]),
  )
  const header = Buffer.from(frame.subarray(0, network + 40))
  header.writeUInt16BE(header.readUInt16BE(network + 4) + 8 * inserted.length, network + 4)
  header.writeUInt8(first, network + 6)
  return Buffer.concat([header, ...inserted, frame.subarray(network + 40)])
}
