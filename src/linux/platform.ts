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
 * Checks that a program which hooks interfaces can be loaded here, so that what is missing is said by its name and not
 * as an errno. CAP_SYS_ADMIN stands in for CAP_BPF, as it does in the kernel.
 *
 * @param what the part that needs it, as in `the marker`
 * @throws TidemarkError PLATFORM_UNSUPPORTED, LIBBPF_MISSING, BTF_MISSING, CAPABILITY_MISSING
 */
export function requireBpf(what: string, platform: Platform = thisPlatform): void {
  if (platform.system !== 'linux') throw new TidemarkError('PLATFORM_UNSUPPORTED', { platform: platform.system })
  platform.loadLibbpf()
  if (!platform.hasKernelBtf()) throw new TidemarkError('BTF_MISSING', { what, path: KERNEL_BTF })
  const held = platform.capabilities()
  const missing: Capability[] = []
  if (!held.has('CAP_BPF') && !held.has('CAP_SYS_ADMIN')) missing.push('CAP_BPF')
  if (!held.has('CAP_NET_ADMIN')) missing.push('CAP_NET_ADMIN')
  if (missing.length > 0) throw new TidemarkError('CAPABILITY_MISSING', { what, missing: missing.join(' and ') })
}
