import { formatProblem, isTidemarkError, type Logger, messageOf, SignalWatch } from '../../common/index.ts'
import { ServiceNotifier } from '../../linux/index.ts'
import { type FlowdFileChoice, loadFlowdConfiguration } from '../configuration/index.ts'
import { Daemon } from './daemon.ts'
import { journalPath } from './work-dir.ts'

export interface RunOptions extends FlowdFileChoice {
  log: Logger
  /** Units that are left out although the configuration names them. */
  without: readonly string[]
  environment: NodeJS.ProcessEnv
  /** Takes the one line that says that flowd is ready. */
  say: (line: string) => void
}

/**
 * Runs flowd in this process until it is told to end: SIGTERM and SIGINT stop it with a drain (one that comes a second
 * later or more cuts the drain short, with exit code 1), SIGHUP reads the configuration again.
 *
 * @throws TidemarkError why it could not start
 */
export async function runFlowd(options: RunOptions): Promise<void> {
  const { log, environment, say, without } = options
  const notifier = new ServiceNotifier(environment, error =>
    log.warn({ reason: messageOf(error) }, 'the service manager cannot be told'),
  )
  const signals = new SignalWatch()
  signals.onImpatience = () => {
    log.warn({}, 'told twice to end: the drain is cut short')
    process.exit(1)
  }
  try {
    const loaded = loadFlowdConfiguration(options)
    for (const warning of loaded.warnings) log.warn({}, formatProblem(warning))
    const load = () => loadFlowdConfiguration({ ...options, conf: loaded.file })
    const daemon = new Daemon({ loaded, load, log, journalPath: journalPath(loaded, log), without })
    await daemon.start()
    if (!signals.ended) {
      say(`flowd is ready: ${describe(daemon)}; configuration ${loaded.file}`)
      notifier.ready(describe(daemon))
    }
    signals.onReload = () => void reload(daemon, notifier, log)
    const signal = await signals.end
    signals.onReload = () => undefined
    log.info({ signal, liveFlows: daemon.health().liveFlows }, 'stopping')
    notifier.stopping()
    await daemon.stop()
    log.info({}, 'stopped')
  } finally {
    signals.close()
  }
}

function describe(daemon: Daemon): string {
  const { plugins, backends, enrichers, liveFlows } = daemon.health()
  const list = (names: readonly string[]) => (names.length === 0 ? 'none' : names.join(', '))
  return `plugins ${list(plugins)}; backends ${list(backends)}; enrichers ${list(enrichers)}; ${liveFlows} live flows`
}

/** Reads the configuration again; a refusal is told, and the daemon goes on as it was. */
async function reload(daemon: Daemon, notifier: ServiceNotifier, log: Logger): Promise<void> {
  notifier.reloading()
  try {
    await daemon.reload()
  } catch (failure) {
    const remedy = isTidemarkError(failure) ? { code: failure.code, remedy: failure.remedy } : {}
    log.error({ ...remedy, reason: messageOf(failure) }, 'the new configuration is refused, the old one stays in force')
  }
  notifier.ready(describe(daemon))
}
