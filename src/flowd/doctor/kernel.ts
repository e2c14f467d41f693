import { existsSync } from 'node:fs'
import { release } from 'node:os'
import { failed, ok, warning } from '../../checks/index.ts'
import { ERRORS, isTidemarkError } from '../../common/index.ts'
import { KERNEL_BTF, libbpfVersion, resolveCgroup } from '../../linux/index.ts'
import { absent, type HostCheck } from './host.ts'

/** The oldest kernel that the programs were run on; see docs/reference/kernels.md. */
const OLDEST_RUN = '6.1'
const TCX_SINCE = '6.6'

/** Whether this kernel is of a version, `6.6`, or later. */
export function kernelIsAtLeast(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  const [ownMajor = 0, ownMinor = 0] = release()
    .split('.')
    .map(part => Number.parseInt(part, 10))
  return ownMajor > major || (ownMajor === major && ownMinor >= minor)
}

/** Whether programs can be attached so that they come before every tc filter and end with the process. */
export function kernelHasTcx(): boolean {
  return kernelIsAtLeast(TCX_SINCE)
}

export const checkKernel: HostCheck = () => {
  const found = `${process.platform} ${release()}`
  if (process.platform !== 'linux') return [failed('kernel', found, ERRORS.PLATFORM_UNSUPPORTED.remedy)]
  if (kernelHasTcx()) return [ok('kernel', `${found}, attaches by TCX`)]
  if (kernelIsAtLeast(OLDEST_RUN)) return [ok('kernel', `${found}, attaches by clsact`)]
  const remedy = `run Linux ${OLDEST_RUN} or later; on this one nothing was tried`
  return [warning('kernel', found, remedy)]
}

export const checkBtf: HostCheck = host => {
  if (existsSync(KERNEL_BTF)) return [ok('BTF', KERNEL_BTF)]
  return [absent(host, 'BTF', 'btf', `there is no ${KERNEL_BTF}`, ERRORS.BTF_MISSING.remedy)]
}

export const checkLibbpf: HostCheck = host => {
  const version = libbpfVersion()
  if (version !== undefined) return [ok('libbpf', version)]
  return [absent(host, 'libbpf', 'libbpf', 'libbpf.so.1 cannot be loaded', ERRORS.LIBBPF_MISSING.remedy)]
}

export const checkCgroup: HostCheck = host => {
  try {
    return [ok('cgroup v2', resolveCgroup(''))]
  } catch (error) {
    if (!isTidemarkError(error, 'CGROUP_MISSING')) throw error
    return [absent(host, 'cgroup v2', 'cgroup', error.message, error.remedy)]
  }
}
