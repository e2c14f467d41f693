import type { Command } from 'commander'
import { addExamples } from '../examples.ts'
import { loggerOf, readGlobals } from '../global-options.ts'
import { fileChoice } from './file-choice.ts'

/** `flowd run`: the daemon, in the foreground. */
export function registerRun(flowd: Command): void {
  addExamples(flowd.command('run'), '--conf flowd.yaml --log-level debug')
    .summary('run the daemon in the foreground until SIGTERM or SIGINT; SIGHUP reads the configuration again')
    .description(
      'run the daemon in the foreground until SIGTERM or SIGINT, which announces the end of every live flow first; the ' +
        'same again, a second later or more, cuts that short; SIGHUP reads the configuration again',
    )
    .option(
      '--without <unit...>',
      'leave out a plugin or backend that the configuration names, as in: --without marker',
    )
    .action(async ({ without = [] }: { without?: string[] }, command: Command) => {
      const { runFlowd } = await import('../../flowd/index.ts')
      await runFlowd({
        ...fileChoice(command),
        log: loggerOf(readGlobals(command)),
        without,
        environment: process.env,
        say: line => process.stdout.write(`${line}\n`),
      })
    })
}
