import type { Command } from 'commander'
import { createProgram } from '../src/cli/program.ts'

/** Command lines of `tidemark` and `flowd-go` in a page: those of code blocks, and inline code that begins so. */
export function commandLines(markdown: string): string[] {
  const blocks = [...markdown.matchAll(/^ *```[^\n]*\n([\s\S]*?)^ *```/gm)].map(match => match[1] ?? '')
  const prose = markdown.replace(/^ *```[\s\S]*?^ *```/gm, '')
  const inline = [...prose.matchAll(/`([^`\n]+)`/g)].map(match => match[1] ?? '')
  const lines = blocks.flatMap(block => block.replaceAll('\\\n', ' ').split('\n'))
  const called = /^(?:[$#] )?(?:sudo )?(?:[A-Z_]+=\S+ )*(?:\S*\/)?(tidemark|flowd-go)(?= )/
  return [...lines, ...inline]
    .map(line => line.trim())
    .filter(line => called.test(line))
    .map(line => line.replace(called, '$1'))
}

/**
 * What is wrong with a command line: a command, option or argument that there is not.
 *
 * @returns undefined when nothing is
 */
export function commandLineProblem(line: string): string | undefined {
  const [name, ...words] = shellWords(line)
  let command: Command = createProgram(name === 'flowd-go' ? 'flowd-go' : 'tidemark')
  let positional = 0
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] ?? ''
    if (word.startsWith('-')) {
      const option = findOption(command, word.split('=')[0] ?? '')
      if (option === undefined) return `${word} is no option of '${pathOf(command)}'`
      if (option.required && !word.includes('=')) at += 1
    } else if (command.commands.length > 0) {
      // A list of commands, `run, conf, check`, stays in its group.
      const next = command.commands.find(one => one.name() === word.replace(/,$/, ''))
      if (next === undefined) return `'${pathOf(command)}' has no command ${word}`
      if (!word.endsWith(',')) command = next
    } else {
      positional += 1
      const takes = command.registeredArguments
      if (positional > takes.length && takes.at(-1)?.variadic !== true) return `'${pathOf(command)}' takes no ${word}`
    }
  }
  return undefined
}

const EVERYWHERE = { required: false }

function findOption(command: Command, flag: string): { required: boolean } | undefined {
  if (['-h', '--help'].includes(flag)) return EVERYWHERE
  for (let one: Command | null = command; one !== null; one = one.parent) {
    const found = one.options.find(({ long, short }) => long === flag || short === flag)
    if (found !== undefined) return found
  }
  return undefined
}

function pathOf(command: Command): string {
  return command.parent === null ? command.name() : `${pathOf(command.parent)} ${command.name()}`
}

/** Words as a shell splits them, up to a comment, pipe, redirection or next command. */
function shellWords(line: string): string[] {
  const words: string[] = []
  for (const [word] of line.matchAll(/'[^']*'|"[^"]*"|[^\s'"]+/g)) {
    if (/^(#|\||\d?>|&|;)/.test(word)) break
    words.push(word.replace(/^['"]|['"]$/g, '').replace(/;$/, ''))
    if (word.endsWith(';')) break
  }
  return words
}
