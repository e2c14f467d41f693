import type { FiveTuple } from '../../scitags/index.ts'
import { CONNECTION_BYTES, readConnection } from './connection.ts'

/** What `bpf/watcher.h` says in C. A test compares the two. */

/** The program that tells of connections, and its object. */
export const WATCHER = { asset: 'bpf/watcher.bpf.o', program: 'tidemark_watch' } as const

/** What a record tells of, in the order of `enum event`. */
export const EVENTS = ['opened', 'closed'] as const

const CONNECTION_OFFSET = 8
const EVENT_OFFSET = CONNECTION_OFFSET + CONNECTION_BYTES
export const RECORD_BYTES = EVENT_OFFSET + 4

/** One end of a connection's life. */
export interface ConnectionRecord {
  /** Names the socket for as long as the kernel runs. */
  cookie: bigint
  event: (typeof EVENTS)[number]
  flow: FiveTuple
}

/** Undefined for what is no record of the watcher: another length, or another event. */
export function decodeRecord(bytes: Buffer): ConnectionRecord | undefined {
  if (bytes.length !== RECORD_BYTES) return undefined
  const event = EVENTS[bytes.readUInt32LE(EVENT_OFFSET)]
  if (event === undefined) return undefined
  const flow = readConnection(bytes.subarray(CONNECTION_OFFSET, EVENT_OFFSET))
  return { cookie: bytes.readBigUInt64LE(), event, flow }
}

/** Which connections are told of, by their ports; 0 is no bound. */
export type PortRanges = Record<`${'min' | 'max'}${'Source' | 'Destination'}Port`, number>

export const EVERY_PORT: PortRanges = {
  minSourcePort: 0,
  maxSourcePort: 0,
  minDestinationPort: 0,
  maxDestinationPort: 0,
}

/** `struct settings`: the program's constants. */
export function encodeSettings(ranges: PortRanges): Buffer {
  const { minSourcePort, maxSourcePort, minDestinationPort, maxDestinationPort } = ranges
  return Buffer.from(Uint32Array.of(minSourcePort, maxSourcePort, minDestinationPort, maxDestinationPort).buffer)
}
