import { readFileSync } from 'node:fs'

/** Bits of a capability set (linux/capability.h). */
const CAPABILITY = {
  CAP_NET_BIND_SERVICE: 10,
  CAP_NET_ADMIN: 12,
  CAP_SYS_ADMIN: 21,
  CAP_PERFMON: 38,
  CAP_BPF: 39,
} as const

export type Capability = keyof typeof CAPABILITY

/** Those that this program knows. */
export const CAPABILITIES = Object.keys(CAPABILITY) as readonly Capability[]

/**
 * The capabilities in force, out of the text of `/proc/PID/status`.
 *
 * @returns those of `CAPABILITY` that the process has
 */
export function parseCapabilities(status: string): Set<Capability> {
  const bits = BigInt(`0x${/^CapEff:\s*([0-9a-f]+)$/m.exec(status)?.[1] ?? '0'}`)
  return new Set(CAPABILITIES.filter(name => (bits >> BigInt(CAPABILITY[name])) & 1n))
}

/** The capabilities that this process has in force. */
export function effectiveCapabilities(): Set<Capability> {
  return parseCapabilities(readFileSync('/proc/thread-self/status', 'utf8'))
}
