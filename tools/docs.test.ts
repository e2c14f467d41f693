import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Command } from 'commander'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { examplesOf } from '../src/cli/examples.ts'
import { createProgram } from '../src/cli/program.ts'
import { loadCollectorConfiguration } from '../src/collector/load-configuration.ts'
import { ERRORS } from '../src/common/index.ts'
import { FLOWD_CONFIGURATION, loadFlowdConfiguration } from '../src/flowd/index.ts'
import { testFolder } from '../test/support/test-folder.ts'
import { commandLineProblem, commandLines } from './command-lines.ts'

const tracked = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
  encoding: 'utf8',
}).split('\0')
const pages = tracked.filter(path => path.endsWith('.md') && !path.includes('/fixtures/') && existsSync(path))
const makefile = readFileSync('Makefile', 'utf8')
const targets = new Set([...makefile.matchAll(/^([a-z][a-z-]*):/gm)].map(match => match[1]))

/** Headings of a page as GitHub turns them into anchors. */
function anchors(markdown: string): Set<string> {
  const headings = [...markdown.matchAll(/^#+ (.*)$/gm)].map(match => match[1] ?? '')
  return new Set(
    headings.map(heading =>
      heading
        .toLowerCase()
        .replace(/[^\p{L}\p{N}\s_-]/gu, '')
        .trim()
        .replaceAll(' ', '-'),
    ),
  )
}

function brokenLinks(page: string): string[] {
  const text = readFileSync(page, 'utf8').replace(/```[\s\S]*?```/g, '')
  const links = [...text.matchAll(/\]\(([^)\s]+)\)|(?:src|srcset)="([^"]+)"/g)].map(match => match[1] ?? match[2] ?? '')
  return links.filter(link => {
    if (/^(https?|mailto):/.test(link)) return false
    const [path = '', anchor] = link.split('#')
    const target = path === '' ? page : join(dirname(page), path)
    if (!existsSync(target)) return true
    return anchor !== undefined && target.endsWith('.md') && !anchors(readFileSync(target, 'utf8')).has(anchor)
  })
}

describe('the examples in help', () => {
  const all = (command: Command): string[] => [...examplesOf(command), ...command.commands.flatMap(all)]
  it.each(['tidemark', 'flowd-go'] as const)('of %s are commands that exist', name => {
    const lines = all(createProgram(name))
    expect(lines.length).toBeGreaterThan(3)
    expect(lines.map(line => [line, commandLineProblem(line)]).filter(([, problem]) => problem !== undefined)).toEqual(
      [],
    )
  })
})

describe('the documentation', () => {
  it.each(pages)('%s has no broken link', page => {
    expect(brokenLinks(page)).toEqual([])
  })

  it.each(pages)('%s names only make targets that exist', page => {
    const text = readFileSync(page, 'utf8')
    const named = [...text.matchAll(/(?:^|`)make ((?:[a-z][a-z-]*)(?: [a-z][a-z-]*)*)(?:`|$|\s+#)/gm)]
    const words = named.flatMap(match => (match[1] ?? '').split(' '))
    expect(words.filter(word => !targets.has(word))).toEqual([])
  })

  // The reference of commands is generated from the commands themselves, with placeholders.
  it.each(pages.filter(page => page !== 'docs/reference/commands.md'))('%s names only commands that exist', page => {
    const lines = commandLines(readFileSync(page, 'utf8'))
    expect(lines.map(line => [line, commandLineProblem(line)]).filter(([, problem]) => problem !== undefined)).toEqual(
      [],
    )
  })

  it('would be found to name commands, options and arguments that there are not', () => {
    const lines = ['tidemark fly', 'tidemark flowd run --fast', 'tidemark sites here', 'tidemark doctor -o json | less']
    expect(commandLines(`\`${lines[0]}\`\n\n\`\`\`\nsudo bin/${lines.slice(1).join('\n$ ')}\n\`\`\`\n`)).toEqual([
      ...lines.slice(1),
      lines[0],
    ])
    expect(lines.map(commandLineProblem)).toEqual([
      "'tidemark' has no command fly",
      "--fast is no option of 'tidemark flowd run'",
      "'tidemark sites' takes no here",
      undefined,
    ])
  })
})

describe('the table of errors', () => {
  const named = Object.values(ERRORS).flatMap(({ message, remedy }) =>
    [...`${message} ${remedy}`.matchAll(/docs\/[\w/.-]+\.md/g)].map(([page]) => page),
  )

  it.each([...new Set(named)])('names %s, which is there', page => expect(existsSync(page)).toBe(true))
})

describe('the configurations in the documentation', () => {
  const folder = testFolder()
  const file = join(folder, 'configuration.yaml')
  // What the page about modules writes.
  cpSync('test/fixtures/modules', folder, { recursive: true })
  const load = {
    flowd: () => loadFlowdConfiguration({ conf: file, calledAsFlowdGo: false, strict: true }),
    collector: () => loadCollectorConfiguration({ conf: file, strict: true }),
  }

  /** Which role's configuration a text is by its keys; those of Kubernetes and containers are checked elsewhere. */
  function roleOf(text: string): keyof typeof load | undefined {
    const keys = Object.keys((parse(text) as object | null) ?? {})
    if (keys.includes('apiVersion') || keys.includes('services')) return undefined
    return keys.every(key => key in FLOWD_CONFIGURATION.properties) ? 'flowd' : 'collector'
  }

  const blocks = pages.flatMap(page =>
    [...readFileSync(page, 'utf8').matchAll(/^```yaml\n([\s\S]*?)^```/gm)].flatMap(([, text = '']) => {
      const role = roleOf(text)
      return role === undefined ? [] : [{ page, role, text }]
    }),
  )

  it.each(blocks)('are valid to the letter: $page, $role', ({ role, text }) => {
    writeFileSync(file, text)
    expect(() => load[role]()).not.toThrow()
  })
})

describe('make', () => {
  it('describes every target in its list', () => {
    const phony = [...makefile.matchAll(/^\.PHONY: (.*)$/gm)].flatMap(match => (match[1] ?? '').split(' '))
    const described = execFileSync('make', ['help'], { encoding: 'utf8' })
      .trimEnd()
      .split('\n')
      .map(line => line.trim().split(/\s+/)[0])
    expect([...described].sort()).toEqual(phony.sort())
  })
})
