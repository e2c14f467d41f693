import { existsSync } from 'node:fs'
import { type Check, checkHttpServer, examine, type Finding, failed, ok, warning } from '../../checks/index.ts'
import { isTidemarkError } from '../../common/index.ts'
import { chooseRouter } from '../check.ts'
import type { CollectorConfiguration } from '../configuration.ts'
import { loadCollectorConfiguration } from '../load-configuration.ts'
import { checkRouter } from './router.ts'
import { checkRouterFiles } from './router-files.ts'
import type { CollectorSetting } from './setting.ts'

const checkHttp: Check<CollectorSetting> = ({ configuration: { http } }) =>
  checkHttpServer({ section: 'http', address: http.bindAddress, port: http.bindPort, access: http })

const CHECKS: readonly Check<CollectorSetting>[] = [checkRouterFiles, checkRouter, checkHttp]

/**
 * Looks whether the collector's configuration loads, and whether what it names is there. Connects to the router as the
 * collector does and waits for a source to announce itself, which may take ten seconds.
 *
 * @param conf the file that was named, if any
 */
export async function examineCollector(conf: string | undefined, environment: NodeJS.ProcessEnv): Promise<Finding[]> {
  const findings: Finding[] = []
  const configuration = readConfiguration(conf, findings)
  if (configuration === undefined) return findings
  try {
    const router = chooseRouter(configuration.amqp, environment)
    return [...findings, ...(await examine(CHECKS, { configuration, router }))]
  } catch (error) {
    if (!isTidemarkError(error)) throw error
    return [...findings, failed('connect.json', error.message, error.remedy)]
  }
}

function readConfiguration(conf: string | undefined, findings: Finding[]): CollectorConfiguration | undefined {
  const check = 'configuration'
  try {
    const { file, values, warnings } = loadCollectorConfiguration({ conf })
    const look = `'tidemark collector check --conf ${file}' tells more`
    if (warnings.length > 0) findings.push(warning(check, `${file}: ${warnings.length} odd keys`, look))
    else findings.push(ok(check, existsSync(file) ? file : `there is no ${file}; the defaults hold`))
    return values
  } catch (error) {
    if (!isTidemarkError(error)) throw error
    const found = `${error.message.replace(/\s*\n\s*/g, '; ')}; nothing else of the collector is looked at`
    findings.push(failed(check, found, error.remedy))
    return undefined
  }
}
