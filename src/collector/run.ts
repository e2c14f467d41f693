import { formatProblem, type Logger, SignalWatch } from '../common/index.ts'
import { chooseRouter } from './check.ts'
import { Collector } from './collector.ts'
import { endpointUrl } from './ingest/index.ts'
import { type ConfigurationChoice, loadCollectorConfiguration } from './load-configuration.ts'

/** Who is told how the process does: the service manager. */
export interface Notifier {
  ready(status: string): void
  stopping(): void
}

export interface RunOptions extends ConfigurationChoice {
  log: Logger
  environment: NodeJS.ProcessEnv
  notifier: Notifier
  /** Takes the one line that says that the collector is ready. */
  say: (line: string) => void
}

/**
 * Runs the collector in this process until SIGTERM or SIGINT; a second one ends it at once, with exit code 1. It is
 * ready when its API answers: a router that is not there yet is waited for.
 *
 * @throws TidemarkError why it could not start
 */
export async function runCollector(options: RunOptions): Promise<void> {
  const { log, environment, notifier, say } = options
  const signals = new SignalWatch()
  signals.onImpatience = () => process.exit(1)
  signals.onReload = () => log.warn({}, 'the collector reads its configuration at its start only: restart it')
  try {
    const { values, warnings } = loadCollectorConfiguration(options)
    for (const warning of warnings) log.warn({}, formatProblem(warning))
    const router = chooseRouter(values.amqp, environment)
    const cors = values.http.cors || environment['USE_CORS'] === 'yes'
    const configuration = { ...values, http: { ...values.http, cors } }
    const collector = new Collector({ configuration, router, log })
    await collector.start()
    if (!signals.ended) {
      const status = `API ${collector.address}; router ${endpointUrl(router)} (${router.origin})`
      say(`collector is ready: ${status}`)
      notifier.ready(status)
    }
    const signal = await signals.end
    log.info({ signal }, 'stopping')
    notifier.stopping()
    await collector.stop()
    log.info({}, 'stopped')
  } finally {
    signals.close()
  }
}
