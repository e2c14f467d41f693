import { CommanderError } from 'commander'
import { reportFailure } from './failure.ts'
import { fromFlowdGoWords } from './flowd-go-words.ts'
import { readGlobals } from './global-options.ts'
import { createProgram } from './program.ts'

/**
 * Runs one command line and says how it went.
 *
 * @param words the arguments after the program's name
 * @param environment `TIDEMARK_CALLED_AS=flowd-go` gives flowd-go's command line
 * @returns the exit code: 0 done, 1 failed while running, 2 usage, 78 what a restart won't mend
 */
export async function runCommandLine(words: readonly string[], environment: NodeJS.ProcessEnv): Promise<number> {
  process.stdout.on('error', leaveQuietlyWhenPipeCloses)
  const isFlowdGo = environment['TIDEMARK_CALLED_AS'] === 'flowd-go'
  const program = createProgram(isFlowdGo ? 'flowd-go' : 'tidemark')
  try {
    await program.parseAsync(isFlowdGo ? fromFlowdGoWords(words) : words, { from: 'user' })
    return Number(process.exitCode ?? 0)
  } catch (error) {
    // Commander has printed its message; help and --version are errors to it, with exit code 0.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
    return reportFailure(error, { debug: readGlobals(program).logLevel === 'debug' })
  }
}

/** `tidemark flows | head` ends the pipe before we do: that is no failure. */
function leaveQuietlyWhenPipeCloses(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error
  process.exit(0)
}
