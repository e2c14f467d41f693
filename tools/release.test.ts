import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const CHANGELOG = '# Changelog\n\n## Unreleased\n\n### Added\n- A thing.\n\n## 1.2.3 - 2026-01-01\n- Another.\n'
const WHO = Object.fromEntries(
  ['AUTHOR', 'COMMITTER'].flatMap(role => [
    [`GIT_${role}_NAME`, 'Somebody'],
    [`GIT_${role}_EMAIL`, 'somebody@example.org'],
  ]),
)

/** A repository with what a release changes; each test goes on from the one before. */
describe('make release', () => {
  let folder = ''
  const git = (...words: string[]) =>
    execFileSync('git', words, { cwd: folder, encoding: 'utf8', env: { ...process.env, ...WHO } }).trim()
  const read = (name: string) => readFileSync(join(folder, name), 'utf8')
  const release = (version: string) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [resolve('tools/release.ts'), version], {
      cwd: folder,
      encoding: 'utf8',
      env: { ...process.env, ...WHO },
    })
    return { status, printed: stdout + stderr }
  }

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'tidemark-release-'))
    const manifest = { name: 'tidemark', version: '1.2.3', dependencies: { other: '1.2.3' } }
    const lock = { ...manifest, packages: { '': manifest, 'node_modules/other': { version: '1.2.3' } } }
    for (const [name, text] of [
      ['package.json', `${JSON.stringify(manifest, null, 2)}\n`],
      ['package-lock.json', `${JSON.stringify(lock, null, 2)}\n`],
      ['CHANGELOG.md', CHANGELOG],
    ] as const) {
      writeFileSync(join(folder, name), text)
    }
    git('init', '--quiet')
    git('add', '.')
    git('commit', '--quiet', '-m', 'begin')
    git('tag', 'v1.2.3')
  })
  afterAll(() => rmSync(folder, { recursive: true }))

  it.each(['', 'soon', '1.2.3', '1.2', '0.9.9'])('refuses the version %j', version => {
    expect(release(version).status).toBe(2)
    expect(git('tag')).toBe('v1.2.3')
  })

  it('refuses a tree with changes', () => {
    writeFileSync(join(folder, 'new'), '')
    expect(release('1.3.0')).toEqual({ status: 2, printed: 'the tree has changes: commit or stash them first\n' })
    rmSync(join(folder, 'new'))
  })

  it('sets the version everywhere, dates the changelog, commits and tags', () => {
    expect(release('1.10.0')).toMatchObject({ status: 0 })
    expect(JSON.parse(read('package.json'))).toMatchObject({ version: '1.10.0', dependencies: { other: '1.2.3' } })
    expect(JSON.parse(read('package-lock.json'))).toMatchObject({
      version: '1.10.0',
      packages: { '': { version: '1.10.0' }, 'node_modules/other': { version: '1.2.3' } },
    })
    expect(read('CHANGELOG.md')).toMatch(
      /^## Unreleased\n\n## 1\.10\.0 - \d{4}-\d\d-\d\d\n\n### Added\n- A thing\.\n\n## 1\.2\.3 - 2026-01-01\n/m,
    )
    expect(git('status', '--porcelain')).toBe('')
    expect(git('describe')).toBe('v1.10.0')
    expect(git('log', '-1', '--format=%s')).toBe('release: 1.10.0')
  })

  it('refuses a release of which the changelog says nothing', () => {
    expect(release('1.10.1')).toEqual({ status: 2, printed: "the changelog says nothing under 'Unreleased'\n" })
  })
})
