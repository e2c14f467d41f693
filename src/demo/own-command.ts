import { isSea } from 'node:sea'

/** The command line that runs this same Tidemark with other arguments, from sources, bundle or single executable. */
export function ownCommand(...args: readonly string[]): { program: string; args: string[] } {
  const script = isSea() ? [] : [...process.execArgv, process.argv[1] ?? '']
  return { program: process.execPath, args: [...script, ...args] }
}
