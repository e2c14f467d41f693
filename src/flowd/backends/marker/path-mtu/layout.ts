/** What `bpf/path-mtu.h` says in C. A test compares the two. */

/** Short enough for the kernel, which cuts names to 15 characters. */
export const PATH_PROGRAM_NAME = 'tidemark_mtu'
export const PATHS_MAP = 'tidemark_paths'

const UNTIL_OFFSET = 8
const MTU_OFFSET = 16

/** What the learning program does: its constants, set before it is loaded. */
export interface LearnerSettings {
  /** Bytes of link-layer header that each packet begins with. */
  linkHeaderBytes: number
  /** Every flow counts as declared. */
  matchAll: boolean
  /** How long what a router told is kept. */
  lifetimeMs: number
}

/** `struct path_settings`. */
export function encodeLearnerSettings({ linkHeaderBytes, matchAll, lifetimeMs }: LearnerSettings): Buffer {
  const bytes = Buffer.alloc(16)
  bytes.writeUInt32LE(linkHeaderBytes, 0)
  bytes.writeUInt32LE(Number(matchAll), 4)
  bytes.writeBigUInt64LE(BigInt(lifetimeMs) * 1_000_000n, 8)
  return bytes
}

/** So that the kernel forgets first: until then its packets are as long as the path takes, and none is to be longer. */
export const MARGIN_MS = 1000

/** `SETTLING_NS` of `bpf/path-mtu.bpf.c`. */
export const SETTLING_MS = 1000

/** What is known of a path from now on. */
export interface KnownPath {
  mtu: number
  /** When the host knows it too, so that a longer packet of it means that the path grew. */
  settlingMs: number
  /** When it is forgotten. */
  lifetimeMs: number
}

/**
 * `struct path`.
 *
 * @param nowNs of the clock of bpf_ktime_get_coarse_ns (CLOCK_MONOTONIC), as `process.hrtime`
 */
export function encodePath({ mtu, settlingMs, lifetimeMs }: KnownPath, nowNs: bigint): Buffer {
  const bytes = Buffer.alloc(24)
  bytes.writeBigUInt64LE(nowNs + BigInt(settlingMs) * 1_000_000n, 0)
  bytes.writeBigUInt64LE(nowNs + BigInt(lifetimeMs) * 1_000_000n, UNTIL_OFFSET)
  bytes.writeBigUInt64LE(BigInt(mtu), MTU_OFFSET)
  return bytes
}

/** Reads a `struct path`; times are of the same clock. */
export function decodePath(path: Buffer): { mtu: number; untilNs: bigint } {
  return { mtu: Number(path.readBigUInt64LE(MTU_OFFSET)), untilNs: path.readBigUInt64LE(UNTIL_OFFSET) }
}
