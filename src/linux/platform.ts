import { existsSync } from 'node:fs'
import { TidemarkError } from '../common/index.ts'
import { type Capability, effectiveCapabilities } from './capabilities.ts'
import { libbpf } from './libbpf.ts'

/** Where the kernel shows its own types, by which programs are fitted to it when they are loaded. */
export const KERNEL_BTF = '/sys/kernel/btf/vmlinux'

/** What this machine offers; tests put another in its place. */
export interface Platform {
  /** As `process.platform`. */
  readonly system: string
  hasKernelBtf(): boolean
  /** @throws TidemarkError LIBBPF_MISSING */
  loadLibbpf(): void
  capabilities(): ReadonlySet<Capability>
}

export const thisPlatform: Platform = {
  system: process.platform,
  hasKernelBtf: () => existsSync(KERNEL_BTF),
  loadLibbpf: () => void libbpf(),
  capabilities: effectiveCapabilities,
}

/**
 * Checks that a program which hooks the network can be loaded here, so that what is missing is said by its name and not
 * as an errno. CAP_SYS_ADMIN stands in for CAP_BPF and CAP_PERFMON, as it does in the kernel.
 *
 * @param what the part that needs it, as in `the marker`
 * @param readsKernel whether it also reads structures of the kernel, which takes CAP_PERFMON
 * @throws TidemarkError PLATFORM_UNSUPPORTED, LIBBPF_MISSING, BTF_MISSING, CAPABILITY_MISSING
 */
export function requireBpf(what: string, platform: Platform = thisPlatform, readsKernel = false): void {
  if (platform.system !== 'linux') throw new TidemarkError('PLATFORM_UNSUPPORTED', { platform: platform.system })
  platform.loadLibbpf()
  if (!platform.hasKernelBtf()) throw new TidemarkError('BTF_MISSING', { what, path: KERNEL_BTF })
  const held = platform.capabilities()
  const isPartOfHeld = (name: Capability) => name !== 'CAP_NET_ADMIN' && held.has('CAP_SYS_ADMIN')
  const needed: Capability[] = ['CAP_BPF', 'CAP_NET_ADMIN', ...(readsKernel ? (['CAP_PERFMON'] as const) : [])]
  const missing = needed.filter(name => !held.has(name) && !isPartOfHeld(name))
  if (missing.length > 0) throw new TidemarkError('CAPABILITY_MISSING', { what, missing: missing.join(' and ') })
}
