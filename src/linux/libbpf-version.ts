import { libbpf } from './libbpf.ts'

/** The version of the libbpf that would be used, as `v1.1`; undefined when none can be loaded. */
export function libbpfVersion(): string | undefined {
  try {
    return libbpf().libbpf_version_string()
  } catch {
    return undefined
  }
}
