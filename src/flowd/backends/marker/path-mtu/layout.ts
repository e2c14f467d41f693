/** What `bpf/path-mtu.h` says in C. A test compares the two. */

/** Short enough for the kernel, which cuts names to 15 characters. */
export const PATH_PROGRAM_NAME = 'tidemark_mtu'
export const PATHS_MAP = 'tidemark_paths'

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

/** `struct path`: what is known of a path from now on. */
export function encodePath({ mtu, lifetimeMs }: { mtu: number; lifetimeMs: number }): Buffer {
  const bytes = Buffer.alloc(24)
  // The clock of bpf_ktime_get_coarse_ns (CLOCK_MONOTONIC).
  const nowNs = process.hrtime.bigint()
  bytes.writeBigUInt64LE(nowNs, 0)
  bytes.writeBigUInt64LE(nowNs + BigInt(lifetimeMs) * 1_000_000n, 8)
  bytes.writeBigUInt64LE(BigInt(mtu), 16)
  return bytes
}
