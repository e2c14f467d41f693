import type { Command, Option } from 'commander'
import { examplesOf, pathOf } from '../../src/cli/examples.ts'
import { createProgram } from '../../src/cli/program.ts'

/**
 * `docs/reference/commands.md`: every command with its arguments and options, from the command line's own definition.
 */
export function commandsPage(): string {
  const program = createProgram('tidemark')
  return [
    '# Commands',
    '',
    `${program.description()} The options of \`tidemark\` itself stand before or after any command.`,
    '',
    '`bin/flowd-go` takes the command line of flowd-go: the commands of `tidemark flowd` stand at its top.',
    '',
    'Exit codes: 0 done, 1 failed while running, 2 wrong usage, 78 what a restart will not mend; see [errors](errors.md).',
    '',
    ...section(program),
  ].join('\n')
}

function section(command: Command): string[] {
  const isGroup = command.commands.length > 0
  const own =
    isGroup && command.parent !== null
      ? []
      : [
          `## ${pathOf(command)}`,
          '',
          ...(command.parent === null ? [] : [`${sentence(command.description())}`, '']),
          '```',
          `${pathOf(command)} ${command.usage()}`,
          '```',
          '',
          ...table(command),
          ...examples(command),
        ]
  return [...own, ...command.commands.flatMap(section)]
}

function table(command: Command): string[] {
  const rows = [
    ...command.registeredArguments.map(argument => [argument.name(), argument.description]),
    ...command.options.map(option => [option.flags, describe(option)]),
  ]
  if (rows.length === 0) return []
  return [
    '| argument or option | meaning |',
    '|---|---|',
    ...rows.map(([name, meaning]) => `| \`${name}\` | ${sentence(meaning ?? '')} |`),
    '',
  ]
}

function examples(command: Command): string[] {
  const lines = examplesOf(command)
  return lines.length === 0 ? [] : ['```', ...lines, '```', '']
}

function describe(option: Option): string {
  const choices = option.argChoices === undefined ? '' : `; one of ${option.argChoices.join(', ')}`
  const value: unknown = option.defaultValueDescription ?? option.defaultValue
  const preset = value === undefined ? '' : `; default ${String(value)}`
  return `${option.description}${choices}${preset}`
}

function sentence(text: string): string {
  const clean = text.replace(/\.$/, '').replaceAll('|', '\\|').replaceAll('<', '&lt;')
  return `${clean.charAt(0).toUpperCase()}${clean.slice(1)}.`
}
