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

/** The bytes that a strategy inserts for experiment 2, activity 16: in each header an option of type 0x1e. */
export function insertedHeaders(strategy: InsertingStrategy, transport: number): Buffer {
  const kinds = [...INSERTED_KINDS[strategy].slice(1), transport]
  return Buffer.from(kinds.flatMap(next => [next, 0, 0x1e, 3, 0, 2, 16, 0]))
}

/**
 * A frame as it should be when tagged, computed apart from the program.
 *
 * @param network where the IPv6 header begins
 */
export function withHeaders(strategy: InsertingStrategy, frame: Buffer, network = 14): Buffer {
  const transport = frame.readUInt8(network + 6)
  const inserted = insertedHeaders(strategy, transport)
  const header = Buffer.from(frame.subarray(0, network + 40))
  header.writeUInt16BE(header.readUInt16BE(network + 4) + inserted.length, network + 4)
  header.writeUInt8(INSERTED_KINDS[strategy][0] ?? transport, network + 6)
  return Buffer.concat([header, inserted, frame.subarray(network + 40)])
}
