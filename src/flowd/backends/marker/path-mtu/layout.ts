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
