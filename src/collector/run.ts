import { formatProblem, isTidemarkError, type Logger, messageOf, SignalWatch } from '../common/index.ts'
import { chooseRouter } from './check.ts'
import { Collector, type CollectorSetup } from './collector.ts'
import { endpointUrl } from './ingest/index.ts'
import { type ConfigurationChoice, loadCollectorConfiguration } from './load-configuration.ts'

const REFUSED = 'the new configuration is refused, the old one stays in force'

/** Who is told how the process does: the service manager. */
export interface Notifier {
  ready(status: string): void
  reloading(): void
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
 * Runs the collector in this process until SIGTERM or SIGINT; one that comes a second later or more ends it at once,
 * with exit code 1. SIGHUP reads the configuration again. It is ready when its API answers: a router that is not there
 * yet is waited for.
 *
 * @throws TidemarkError why it could not start
 */
export async function runCollector(options: RunOptions): Promise<void> {
  const { log, notifier, say } = options
  const signals = new SignalWatch()
  signals.onImpatience = () => process.exit(1)
  try {
    const { configuration, router } = load(options)
    const collector = new Collector({ configuration, router, log })
    await collector.start()
    if (!signals.ended) {
      say(`collector is ready: ${describe(collector)}`)
      notifier.ready(describe(collector))
    }
    signals.onReload = () => reload(collector, options)
    const signal = await signals.end
    log.info({ signal }, 'stopping')
    notifier.stopping()
    await collector.stop()
    log.info({}, 'stopped')
  } finally {
    signals.close()
  }
}

/** Reads the configuration, and what the environment adds to it. */
function load(options: RunOptions): Pick<CollectorSetup, 'configuration' | 'router'> {
  const { log, environment } = options
  const { values, warnings } = loadCollectorConfiguration(options)
  for (const warning of warnings) log.warn({}, formatProblem(warning))
  const cors = values.http.cors || environment['USE_CORS'] === 'yes'
  return {
    configuration: { ...values, http: { ...values.http, cors } },
    router: chooseRouter(values.amqp, environment),
  }
}

function describe({ address, router }: Collector): string {
  return `API ${address}; router ${endpointUrl(router)} (${router.origin})`
}

/** Reads the configuration again; a refusal is told, and the collector goes on as it was. */
function reload(collector: Collector, options: RunOptions): void {
  const { log, notifier } = options
  notifier.reloading()
  try {
    const { configuration, router } = load(options)
    const { changes, fixed } = collector.reload(configuration, router)
    for (const key of fixed) log.warn({}, `${key} has changed in the file: only a restart changes it`)
    log.info({ changes: changes.join(', ') }, 'configuration read again')
  } catch (failure) {
    const remedy = isTidemarkError(failure) ? { code: failure.code, remedy: failure.remedy } : {}
    log.error({ ...remedy, reason: messageOf(failure) }, REFUSED)
  }
  notifier.ready(describe(collector))
}
