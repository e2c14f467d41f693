import { isTidemarkError, messageOf } from '../common/index.ts'

export interface FailureOptions {
  /** Print the stack too. */
  debug: boolean
  /** Where the lines go; standard error when absent. */
  write?: (text: string) => void
}

/**
 * Tells the user what failed and what to do: `error CODE: message`, then `remedy: …`. A stack is shown only to who
 * debugs.
 *
 * @returns the exit code that belongs to the failure
 */
export function reportFailure(failure: unknown, { debug, write = writeToStderr }: FailureOptions): number {
  const known = isTidemarkError(failure)
  write(
    known ? `error ${failure.code}: ${failure.message}\nremedy: ${failure.remedy}\n` : `error: ${messageOf(failure)}\n`,
  )
  if (debug && failure instanceof Error) {
    for (let error: unknown = failure; error instanceof Error; error = error.cause) write(`${error.stack ?? ''}\n`)
  }
  return known ? failure.exitCode : 1
}

function writeToStderr(text: string): void {
  process.stderr.write(text)
}
