import { existsSync } from 'node:fs'
import { examine, type Finding, failed, ok, warning } from '../../checks/index.ts'
import { isTidemarkError } from '../../common/index.ts'
import {
  defaultFlowdConfiguration,
  type FileChoice,
  type LoadedFlowdConfiguration,
  loadFlowdConfigurationOrDefaults,
} from '../configuration/index.ts'
import { checkCapabilities } from './capabilities.ts'
import { checkCollectors } from './collectors.ts'
import type { Host, HostCheck } from './host.ts'
import { checkHttpServers } from './http-servers.ts'
import { checkInterfaces } from './interfaces.ts'
import { checkBtf, checkCgroup, checkKernel, checkLibbpf } from './kernel.ts'
import { needsOf } from './needs.ts'
import { checkReceiveBuffer } from './receive-buffer.ts'
import { checkRunning } from './running.ts'

/** What only Linux has, in the order of the report. */
const LINUX_CHECKS: readonly HostCheck[] = [
  checkBtf,
  checkLibbpf,
  checkCapabilities,
  checkCgroup,
  checkInterfaces,
  checkRunning,
  checkReceiveBuffer,
  checkCollectors,
  checkHttpServers,
]

/**
 * Looks whether this host offers what flowd needs, first of all what its configuration names. Changes nothing; the only
 * thing that it sends is a datagram without content to each collector.
 */
export async function examineFlowd(choice: FileChoice): Promise<Finding[]> {
  const { finding, loaded } = readConfiguration(choice)
  const host: Host = { configuration: loaded.values, needs: needsOf(loaded) }
  const checks = process.platform === 'linux' ? [checkKernel, ...LINUX_CHECKS] : [checkKernel]
  return [finding, ...(await examine(checks, host))]
}

function readConfiguration(choice: FileChoice): { finding: Finding; loaded: LoadedFlowdConfiguration } {
  const check = 'configuration'
  try {
    const loaded = loadFlowdConfigurationOrDefaults(choice)
    const { file, warnings } = loaded
    if (!existsSync(file)) {
      const remedy = 'write one, or name one with --conf'
      return { loaded, finding: warning(check, `there is no ${file}; the defaults are looked at`, remedy) }
    }
    if (warnings.length === 0) return { loaded, finding: ok(check, file) }
    const look = `'tidemark flowd check --conf ${file}' tells more`
    return { loaded, finding: warning(check, `${file}: ${warnings.length} warning(s)`, look) }
  } catch (error) {
    if (!isTidemarkError(error)) throw error
    const found = `${error.message.replace(/:\s*\n\s*/, ': ').replace(/\s*\n\s*/g, '; ')}; the defaults are looked at`
    return { loaded: defaultFlowdConfiguration(choice), finding: failed(check, found, error.remedy) }
  }
}
