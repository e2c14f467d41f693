import { existsSync } from 'node:fs'
import { type LoadedConfiguration, loadConfiguration, parseConfiguration, requireGuard } from '../common/index.ts'
import { CollectorConfiguration } from './configuration.ts'

type LoadedCollectorConfiguration = LoadedConfiguration<CollectorConfiguration>

/** Where the collector looks for its configuration when none is named. */
export const CONFIGURATION_FILE = '/etc/tidemark/collector.yaml'

export interface ConfigurationChoice {
  /** The file named, if any. */
  conf: string | undefined
  /** Unknown keys are errors. */
  strict?: boolean
}

/**
 * Reads the collector's configuration. Without a file at the usual place the defaults hold, since a connect.json may
 * say all that is needed; a file that was named must be there.
 *
 * @throws TidemarkError CONFIG_NOT_FOUND, CONFIG_UNREADABLE, CONFIG_INVALID, HTTP_UNGUARDED, HTTP_KEY_PAIR_INCOMPLETE
 */
export function loadCollectorConfiguration({
  conf,
  strict = false,
}: ConfigurationChoice): LoadedCollectorConfiguration {
  const options = { strict, rules: configurationRules }
  if (conf === undefined && !existsSync(CONFIGURATION_FILE)) {
    return parseConfiguration(CollectorConfiguration, '', CONFIGURATION_FILE, options)
  }
  const loaded = loadConfiguration(CollectorConfiguration, conf ?? CONFIGURATION_FILE, options)
  requireGuard('http', loaded.values.http.bindAddress, loaded.values.http)
  return loaded
}

/** Rules across keys: each complaint belongs to a key. */
function configurationRules(values: CollectorConfiguration): { key: string; message: string }[] {
  const { url, connectFile, tls, sasl } = values.amqp
  const { staleAfterSeconds, goneAfterSeconds } = values.sources
  const complaints: { key: string; message: string }[] = []
  const complain = (key: string, message: string) => complaints.push({ key, message })
  const saysTls =
    tls.caFile !== '' || tls.certificateFile !== '' || tls.keyFile !== '' || tls.serverName !== '' || !tls.verify
  if (url !== '' && !URL.canParse(url)) complain('amqp.url', 'is no URL: look at its port')
  if (url !== '' && connectFile !== '') complain('amqp.connectFile', 'is not used, because amqp.url is set; remove one')
  if (saysTls && !url.startsWith('amqps://')) complain('amqp.tls', 'needs an amqp.url that begins with amqps://')
  if ((tls.certificateFile === '') !== (tls.keyFile === '')) {
    complain('amqp.tls', 'certificateFile and keyFile belong together: one is missing')
  }
  if (url === '' && (sasl.user !== '' || sasl.passwordFile !== '' || sasl.mechanisms.length > 0)) {
    complain('amqp.sasl', 'needs amqp.url; a connect.json brings its own')
  }
  if (sasl.mechanisms.includes('PLAIN') && sasl.passwordFile === '') {
    complain('amqp.sasl.passwordFile', 'is needed for PLAIN')
  }
  if (staleAfterSeconds > goneAfterSeconds) {
    complain('sources.staleAfterSeconds', 'is longer than sources.goneAfterSeconds')
  }
  return complaints
}
