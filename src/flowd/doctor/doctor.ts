import { existsSync } from 'node:fs'
import { isTidemarkError, messageOf } from '../../common/index.ts'
import {
  defaultFlowdConfiguration,
  type LoadedFlowdConfiguration,
  loadFlowdConfigurationOrDefaults,
} from '../configuration.ts'
import type { FileChoice } from '../configuration-file.ts'
import { needsOf } from '../needs.ts'
import { checkCapabilities } from './capabilities.ts'
import { checkClock } from './clock.ts'
import { checkCollectors } from './collectors.ts'
import { type Finding, failed, ok, warning } from './finding.ts'
import type { Check, Host } from './host.ts'
import { checkInterfaces } from './interfaces.ts'
import { checkBtf, checkCgroup, checkKernel, checkLibbpf } from './kernel.ts'
import { checkReceiveBuffer } from './receive-buffer.ts'
import { checkRunning } from './running.ts'

/** What only Linux has, in the order of the report. */
const LINUX_CHECKS: readonly Check[] = [
  checkBtf,
  checkLibbpf,
  checkCapabilities,
  checkCgroup,
  checkInterfaces,
  checkRunning,
  checkReceiveBuffer,
  checkCollectors,
  checkClock,
]

/**
 * Looks whether this host offers what flowd needs, first of all what its configuration names. Changes nothing; the only
 * thing that it sends is a datagram without content to each collector.
 */
export async function examineHost(choice: FileChoice): Promise<Finding[]> {
  const { finding, loaded } = readConfiguration(choice)
  const host: Host = { configuration: loaded.values, needs: needsOf(loaded) }
  const checks = process.platform === 'linux' ? [checkKernel, ...LINUX_CHECKS] : [checkKernel]
  const findings = [finding]
  for (const check of checks) findings.push(...(await carryOut(check, host)))
  return findings
}

/** A check that cannot be done is a finding too. */
async function carryOut(check: Check, host: Host): Promise<Finding[]> {
  try {
    return await check(host)
  } catch (error) {
    const remedy = isTidemarkError(error) ? error.remedy : 'please report the message'
    return [failed(check.name.replace(/^check/, '').toLowerCase(), messageOf(error), remedy)]
  }
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
    return { loaded, finding: warning(check, `${file}: ${warnings.length} odd keys`, look) }
  } catch (error) {
    if (!isTidemarkError(error)) throw error
    const found = `${error.message.replace(/\s*\n\s*/g, '; ')}; the defaults are looked at`
    return { loaded: defaultFlowdConfiguration(choice), finding: failed(check, found, error.remedy) }
  }
}
