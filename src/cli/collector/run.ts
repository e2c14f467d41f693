import type { Command } from 'commander'
import { messageOf } from '../../common/index.ts'
import { loggerOf, readGlobals } from '../global-options.ts'

/** `collector run`: the collector, in the foreground. */
export function registerRun(collector: Command): void {
  collector
    .command('run')
    .summary('run the collector in the foreground until SIGTERM or SIGINT; SIGHUP reads the configuration again')
    .description(
      'run the collector in the foreground until SIGTERM or SIGINT; the same again, a second later or more, ends it at ' +
        'once; SIGHUP reads the configuration again',
    )
    .action(async (_options: unknown, command: Command) => {
      const { runCollector } = await import('../../collector/index.ts')
      const { ServiceNotifier } = await import('../../linux/index.ts')
      const globals = readGlobals(command)
      const log = loggerOf(globals)
      await runCollector({
        conf: globals.conf,
        log,
        environment: process.env,
        notifier: new ServiceNotifier(process.env, failure =>
          log.warn({ reason: messageOf(failure) }, 'the service manager cannot be told'),
        ),
        say: line => process.stdout.write(`${line}\n`),
      })
    })
}
