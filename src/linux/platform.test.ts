import { describe, expect, it } from 'vitest'
import { TidemarkError } from '../common/index.ts'
import type { Capability } from './capabilities.ts'
import { type Platform, requireBpf } from './platform.ts'

/** A machine that offers everything, but for what a test takes away. */
function platform(change: Partial<Platform> = {}): Platform {
  return {
    system: 'linux',
    hasKernelBtf: () => true,
    loadLibbpf: () => undefined,
    capabilities: () => new Set<Capability>(['CAP_BPF', 'CAP_NET_ADMIN']),
    ...change,
  }
}

const holding = (...names: Capability[]) => ({ capabilities: () => new Set(names) })

describe('what BPF programs on interfaces need', () => {
  it.each<[string, Partial<Platform>]>([
    ['all that is asked for', {}],
    ['CAP_SYS_ADMIN in place of CAP_BPF', holding('CAP_SYS_ADMIN', 'CAP_NET_ADMIN')],
  ])('is there with %s', (_name, change) => {
    expect(() => requireBpf('the marker', platform(change))).not.toThrow()
  })

  it('is CAP_PERFMON too for what reads structures of the kernel', () => {
    const attempt = (...names: Capability[]) => requireBpf('the enricher skops', platform(holding(...names)), true)
    expect(() => attempt('CAP_BPF', 'CAP_NET_ADMIN')).toThrow('the enricher skops lacks CAP_PERFMON')
    expect(() => attempt('CAP_BPF', 'CAP_NET_ADMIN', 'CAP_PERFMON')).not.toThrow()
    expect(() => attempt('CAP_SYS_ADMIN', 'CAP_NET_ADMIN')).not.toThrow()
  })

  it.each<[string, Partial<Platform>, string, string]>([
    ['macOS', { system: 'darwin' }, 'PLATFORM_UNSUPPORTED', 'this needs a Linux kernel, and this is darwin'],
    [
      'no libbpf',
      {
        loadLibbpf: () => {
          throw new TidemarkError('LIBBPF_MISSING', { reason: 'no such file' })
        },
      },
      'LIBBPF_MISSING',
      'libbpf cannot be loaded: no such file',
    ],
    [
      'no BTF',
      { hasKernelBtf: () => false },
      'BTF_MISSING',
      'the marker needs the kernel to describe its types, and there is no /sys/kernel/btf/vmlinux',
    ],
    ['no capability', holding(), 'CAPABILITY_MISSING', 'the marker lacks CAP_BPF and CAP_NET_ADMIN'],
    ['CAP_BPF alone', holding('CAP_BPF'), 'CAPABILITY_MISSING', 'the marker lacks CAP_NET_ADMIN'],
    ['CAP_NET_ADMIN alone', holding('CAP_NET_ADMIN'), 'CAPABILITY_MISSING', 'the marker lacks CAP_BPF'],
  ])('is missed by its name with %s', (_name, change, code, message) => {
    const attempt = () => requireBpf('the marker', platform(change))
    expect(attempt).toThrow(expect.objectContaining({ code, message, exitCode: 78 }))
  })
})
