import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createProgram } from '../src/cli/program.ts'
import { bashCompletion, fishCompletion, zshCompletion } from './completions.ts'

const program = createProgram('tidemark')

describe('completion in bash', () => {
  let folder = ''
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'tidemark-completion-'))
    writeFileSync(join(folder, 'tidemark.bash'), bashCompletion(program))
  })
  afterAll(() => rmSync(folder, { recursive: true }))

  /** What bash itself offers for the last of some words, as it cuts the line. */
  function offered(...words: string[]): string[] {
    const script = `set -eu; source "$1"; shift
      COMP_WORDS=("$@"); COMP_CWORD=$((\${#COMP_WORDS[@]} - 1)); _tidemark; printf '%s\\n' "\${COMPREPLY[@]}"`
    const { stdout, stderr, status } = spawnSync(
      'bash',
      ['-c', script, 'bash', join(folder, 'tidemark.bash'), 'tidemark', ...words],
      { encoding: 'utf8' },
    )
    expect([stderr, status]).toEqual(['', 0])
    return stdout.split('\n').filter(word => word !== '')
  }

  it.each<[string[], string[]]>([
    [['fl'], ['flowd', 'flows']],
    [['flowd', 'stu'], ['stun']],
    [['flowd', 'stun', 'sa'], ['sample']],
    [['flowd', 'check', '--st'], ['--strict']],
    [['collector', 'run', '--strict', '--st'], []],
    // Flags may stand anywhere, values are no commands, and a command may have arguments.
    [['--conf', 'flowd', 'col'], ['collector']],
    [['--conf', '=', 'x.yaml', 'flowd', 'ru'], ['run']],
    [['flowd', '--log-level', 'debug', 'conv'], ['convert']],
    [['flows', 'some-address', '--ser'], ['--server']],
    [['doctor', '--output', 't'], ['table']],
    [['doctor', '-o', 'js'], ['json']],
    [['doctor', '--output', '=', 'js'], ['json']],
    [
      ['doctor', '--output', '='],
      ['table', 'json'],
    ],
    [['--log-level', 'w'], ['warn']],
    // A file, which bash completes by itself.
    [['--conf', ''], []],
  ])('%j: %j', (words, choices) => {
    expect(offered(...words)).toEqual(choices)
  })

  it('offers every command and flag of the program', () => {
    expect(offered('')).toEqual([
      ...program.commands.map(command => command.name()),
      ...program.options.map(({ long, short }) => long ?? short),
      '--help',
    ])
  })
})

/** Neither shell is among the packages that are needed to build; their scripts are made of the same lists. */
describe('completion in zsh and fish', () => {
  it.each([
    ['zsh', zshCompletion(program)],
    ['fish', fishCompletion(program)],
  ])('%s knows commands, flags and values', (_, script) => {
    for (const text of ["'tidemark flowd run'", '--target-interface', "'tidemark doctor -o'", 'table json', 'debug']) {
      expect(script).toContain(text)
    }
  })
})
