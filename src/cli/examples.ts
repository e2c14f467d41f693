import type { Command } from 'commander'

const EXAMPLES = new WeakMap<Command, readonly string[]>()

/** Adds examples to a command's help and to its reference page: the words that follow the command. */
export function addExamples(command: Command, ...words: readonly string[]): Command {
  EXAMPLES.set(command, words)
  return command.addHelpText(
    'after',
    () =>
      `\nExamples:\n${examplesOf(command)
        .map(line => `  ${line}\n`)
        .join('')}`,
  )
}

/** The examples of a command as whole lines, under the name that the program was called by. */
export function examplesOf(command: Command): string[] {
  return (EXAMPLES.get(command) ?? []).map(words => `${pathOf(command)} ${words}`)
}

/** A command as it is called: `tidemark flowd send`. */
export function pathOf(command: Command): string {
  return command.parent === null ? command.name() : `${pathOf(command.parent)} ${command.name()}`
}
