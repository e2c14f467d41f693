import { vi } from 'vitest'
import { runCommandLine } from '../../src/cli/run-command-line.ts'

export interface CommandOutcome {
  code: number
  stdout: string
  stderr: string
}

/** Runs one command line in this process and captures what it prints. */
export async function runCommand(
  words: readonly string[],
  onOutput?: (stdout: string) => void,
): Promise<CommandOutcome> {
  const outcome: CommandOutcome = { code: 0, stdout: '', stderr: '' }
  const capture = (stream: 'stdout' | 'stderr') =>
    vi.spyOn(process[stream], 'write').mockImplementation(text => {
      outcome[stream] += String(text)
      onOutput?.(outcome.stdout)
      return true
    })
  const listeners = process.stdout.listeners('error')
  const spies = [capture('stdout'), capture('stderr')]
  try {
    outcome.code = await runCommandLine(words, {})
    return outcome
  } finally {
    for (const spy of spies) spy.mockRestore()
    // A command line is meant to be the only one of its process, and leaves its listener.
    for (const added of process.stdout.listeners('error').filter(one => !listeners.includes(one))) {
      process.stdout.off('error', added as () => void)
    }
  }
}
