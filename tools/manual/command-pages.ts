import type { Command, Option } from 'commander'
import { pathOf } from '../../src/cli/examples.ts'
import { heading, type ManualPage, paragraph, subheading, term } from './roff.ts'

const EXIT_CODES: readonly [string, string][] = [
  ['0', 'done'],
  ['1', 'failed while running; a restart may help'],
  ['2', 'the command line was wrong'],
  ['78', "what a restart won't mend: configuration, missing BTF, capability, libbpf or interface"],
]

const SEE_ALSO =
  'tidemark(1), tidemark-flowd(8), tidemark-collector(8), tidemark-flowd.yaml(5), tidemark-collector.yaml(5)'

/** The pages tidemark(1), tidemark-flowd(8) and tidemark-collector(8), from the command line's own definition. */
export function commandPages(program: Command): ManualPage[] {
  const role = (name: string) => program.commands.find(command => command.name() === name)
  const pages: ManualPage[] = [
    { name: 'tidemark', section: 1, summary: summaryOf(program), body: body(program, program.commands) },
  ]
  for (const name of ['flowd', 'collector']) {
    const command = role(name)
    if (command === undefined) throw new Error(`the command line has no '${name}'`)
    pages.push({
      name: `tidemark-${name}`,
      section: 8,
      summary: summaryOf(command),
      body: body(command, command.commands),
    })
  }
  return pages
}

function body(top: Command, commands: readonly Command[]): string {
  return [
    heading('SYNOPSIS'),
    paragraph(`${pathOf(top)} [options] <command>`),
    heading('OPTIONS'),
    ...globalOptions(top).map(option => term(option.flags, describe(option))),
    heading('COMMANDS'),
    ...commands.flatMap(commandSection),
    heading('EXIT STATUS'),
    ...EXIT_CODES.map(([code, meaning]) => term(code, meaning)),
    heading('SEE ALSO'),
    paragraph(SEE_ALSO),
  ].join('\n')
}

/** The options of the whole command line, which hold for every role. */
function globalOptions(command: Command): readonly Option[] {
  return command.parent === null ? command.options : globalOptions(command.parent)
}

/** A command, or the commands below it when it is a group. */
function commandSection(command: Command): string[] {
  if (command.commands.length > 0) return command.commands.flatMap(commandSection)
  return [
    subheading(`${pathOf(command)} ${command.usage()}`),
    paragraph(command.description()),
    ...command.registeredArguments.map(argument => term(argument.name(), argument.description)),
    ...command.options.map(option => term(option.flags, describe(option))),
  ]
}

function summaryOf(command: Command): string {
  return command.description().replace(/\.$/, '')
}

function describe(option: Option): string {
  const choices = option.argChoices === undefined ? '' : ` One of ${option.argChoices.join(', ')}.`
  const fallback = option.defaultValue === undefined ? '' : ` Default: ${String(option.defaultValue)}.`
  return `${option.description}.${choices}${fallback}`
}
