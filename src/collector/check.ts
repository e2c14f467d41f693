import { homedir } from 'node:os'
import { type ConfigurationProblem, type EffectiveValue, effectiveValues } from '../common/index.ts'
import { CollectorConfiguration } from './configuration.ts'
import {
  endpointUrl,
  findConnectJson,
  type RouterEndpoint,
  resolveEndpoint,
  type SearchContext,
} from './ingest/index.ts'
import { CONFIGURATION_FILE, type ConfigurationChoice, loadCollectorConfiguration } from './load-configuration.ts'

/**
 * The router that a configuration means in this process.
 *
 * @throws TidemarkError CONFIG_UNREADABLE, CONNECT_JSON_INVALID
 */
export function chooseRouter(amqp: CollectorConfiguration['amqp'], environment: NodeJS.ProcessEnv): RouterEndpoint {
  return resolveEndpoint(amqp, searchContext(environment))
}

/** The files that say what the collector does when none is named, whether they are there or not. */
export function usualCollectorFiles(environment: NodeJS.ProcessEnv): string[] {
  const connectFile = findConnectJson(searchContext(environment))
  return connectFile === undefined ? [CONFIGURATION_FILE] : [CONFIGURATION_FILE, connectFile]
}

function searchContext(environment: NodeJS.ProcessEnv): SearchContext {
  const connectFile = environment['MESSAGING_CONNECT_FILE']
  return { connectFile, workingFolder: process.cwd(), homeFolder: homedir() }
}

/**
 * What `collector check` prints: every value in force with its origin, and the router that they mean.
 *
 * @throws TidemarkError of the configuration or of the connection file
 */
export function checkCollector(
  choice: ConfigurationChoice,
  environment: NodeJS.ProcessEnv,
): { warnings: readonly ConfigurationProblem[]; rows: EffectiveValue[] } {
  const loaded = loadCollectorConfiguration(choice)
  const router = chooseRouter(loaded.values.amqp, environment)
  const url = endpointUrl(router)
  const rows = effectiveValues(CollectorConfiguration, loaded)
  return {
    warnings: loaded.warnings,
    rows: [...rows, { key: '(router)', value: url, text: url, origin: router.origin }],
  }
}
