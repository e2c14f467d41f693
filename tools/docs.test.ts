import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { loadFlowdConfiguration } from '../src/flowd/index.ts'

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
})

describe('the configurations of flowd in the documentation', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tidemark-docs-'))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
  const blocks = pages.flatMap(page =>
    [
      ...readFileSync(page, 'utf8').matchAll(
        /^```yaml\n((?:plugins|backends|enrichers|registry|flowTable):[\s\S]*?)^```/gm,
      ),
    ].map(match => ({ page, text: match[1] ?? '' })),
  )

  it.each(blocks)('are valid to the letter: $page', ({ text }) => {
    const file = join(folder, 'flowd.yaml')
    writeFileSync(file, text)
    expect(() => loadFlowdConfiguration({ conf: file, calledAsFlowdGo: false, strict: true })).not.toThrow()
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
