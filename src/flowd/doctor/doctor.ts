import { existsSync } from 'node:fs'
import { isTidemarkError, messageOf } from '../../common/index.ts'
import {
  defaultFlowdConfiguration,
  type FlowdConfiguration,
  loadFlowdConfigurationOrDefaults,
  needsOf,
} from '../configuration.ts'
import type { FileChoice } from '../configuration-file.ts'
import { checkCapabilities } from './capabilities.ts'
import { checkClock } from './clock.ts'
import { checkCollectors } from './collectors.ts'
import { type Finding, failed, ok, warning } from './finding.ts'
import type { Check, Host } from './host.ts'
import { checkInterfaces } from './interfaces.ts'
import { checkBtf, checkCgroup, checkKernel, checkLibbpf } from './kernel.ts'
import { checkReceiveBuffer } from './receive-buffer.ts'

/** What only Linux has, in the order of the report. */
const LINUX_CHECKS: readonly Check[] = [
  checkBtf,
  checkLibbpf,
  checkCapabilities,
  checkCgroup,
  checkInterfaces,
  checkReceiveBuffer,
  checkCollectors,
  checkClock,
]

/**
 * Looks whether this host offers what flowd needs, first of all what its configuration names. Changes nothing; the only
 * thing that it sends is a datagram without content to each collector.
 */
export async function examineHost(choice: FileChoice): Promise<Finding[]> {
  const { finding, configuration } = readConfiguration(choice)
  const host: Host = { configuration, needs: needsOf(configuration) }
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

function readConfiguration(choice: FileChoice): { finding: Finding; configuration: FlowdConfiguration } {
  const check = 'configuration'
  try {
    const { file, values, warnings } = loadFlowdConfigurationOrDefaults(choice)
    const look = `'tidemark flowd check --conf ${file}' tells more`
    if (!existsSync(file)) {
      const remedy = 'write one, or name one with --conf'
      return {
        configuration: values,
        finding: warning(check, `there is no ${file}; the defaults are looked at`, remedy),
      }
    }
    const finding =
      warnings.length === 0 ? ok(check, file) : warning(check, `${file}: ${warnings.length} odd keys`, look)
    return { configuration: values, finding }
  } catch (error) {
    if (!isTidemarkError(error)) throw error
    const found = `${error.message.replace(/\s*\n\s*/g, '; ')}; the defaults are looked at`
    return { configuration: defaultFlowdConfiguration(choice), finding: failed(check, found, error.remedy) }
  }
}
