import { runCommandLine } from './run-command-line.ts'

/** Runs the command line of this process, whose exit code says how it went. */
export async function runProcess(): Promise<void> {
  // A process that runs out of work gives its signals back before it is gone, and one that comes again would kill it
  // then; told to exit, it keeps them to the last.
  process.once('beforeExit', () => process.exit())
  process.exitCode = await runCommandLine(process.argv.slice(2), process.env)
}
