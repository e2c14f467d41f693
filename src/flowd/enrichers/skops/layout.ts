import { readTcpInfo, type TcpInfo } from '../../../linux/index.ts'

/** What `bpf/skops.h` says in C. A test compares the two. */

export const PROGRAM_NAME = 'tidemark_skops'
/** Goes over the sockets that are there already. */
export const ADOPTER_NAME = 'tidemark_adopt'
export const FOLLOW_MAP = 'tidemark_follow'

export const FOLLOWED_BYTES = 16
const NAME_OFFSET = 8

const INFO_OFFSET = 40
/** `struct tcp_info` as the program knows it. */
export const INFO_BYTES = 248
export const RECORD_BYTES = INFO_OFFSET + INFO_BYTES
const TAKEN_OFFSET = 8
const CONGESTION_OFFSET = 16
const INFO_BYTES_OFFSET = 32
const CLOSED_OFFSET = 36

/** One reading of a followed flow's socket. */
export interface SampleRecord {
  /** The name that was given to the flow when it was followed. */
  name: number
  /** CLOCK_MONOTONIC, in nanoseconds. */
  takenNs: bigint
  congestion: string | undefined
  /** The socket closes; these are its totals. */
  closed: boolean
  tcpInfo: TcpInfo
}

/** Undefined for what is no record of the program. */
export function decodeRecord(bytes: Buffer): SampleRecord | undefined {
  if (bytes.length !== RECORD_BYTES) return undefined
  const infoBytes = bytes.readUInt32LE(INFO_BYTES_OFFSET)
  if (infoBytes > INFO_BYTES) return undefined
  return {
    name: Number(bytes.readBigUInt64LE()),
    takenNs: bytes.readBigUInt64LE(TAKEN_OFFSET),
    congestion: cText(bytes.subarray(CONGESTION_OFFSET, INFO_BYTES_OFFSET)),
    closed: bytes.readUInt32LE(CLOSED_OFFSET) === 1,
    tcpInfo: readTcpInfo(Buffer.from(bytes.subarray(INFO_OFFSET, INFO_OFFSET + infoBytes))),
  }
}

/** `struct followed` of a flow that has not been sampled yet. */
export function encodeFollowed(name: number): Buffer {
  const bytes = Buffer.alloc(FOLLOWED_BYTES)
  bytes.writeBigUInt64LE(BigInt(name), NAME_OFFSET)
  return bytes
}

/** The name in a `struct followed`. */
export function nameOf(followed: Buffer): number {
  return Number(followed.readBigUInt64LE(NAME_OFFSET))
}

export interface ProgramSettings {
  /** The least time between two samples of a flow; 0 for a sample at each change of state instead. */
  intervalMs: number
  ticksPerSecond: number
}

/** `struct settings`: the program's constants. */
export function encodeSettings({ intervalMs, ticksPerSecond }: ProgramSettings): Buffer {
  const bytes = Buffer.alloc(16)
  bytes.writeBigUInt64LE(BigInt(intervalMs) * 1_000_000n)
  bytes.writeUInt32LE(ticksPerSecond, 8)
  return bytes
}

/** Text up to its zero; undefined when there is none. */
function cText(bytes: Buffer): string | undefined {
  const end = bytes.indexOf(0)
  return bytes.toString('latin1', 0, end === -1 ? bytes.length : end) || undefined
}
