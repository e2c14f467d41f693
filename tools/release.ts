import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'

interface Lock {
  version: string
  packages: { '': { version: string } }
}

/**
 * Makes a release commit and its tag: the version in package.json and its lock file, and the changelog's `Unreleased`
 * under it.
 *
 * usage: node tools/release.ts VERSION
 */
const git = (...args: string[]): string => execFileSync('git', args, { encoding: 'utf8' }).trim()

function refuse(why: string): never {
  console.error(why)
  process.exit(2)
}

/** Whether semantic version `a` comes after `b`. */
function isLater(a: string, b: string): boolean {
  const [left, right] = [a, b].map(version => version.split('.').map(Number))
  for (let index = 0; index < 3; index += 1) {
    const difference = (left?.[index] ?? 0) - (right?.[index] ?? 0)
    if (difference !== 0) return difference > 0
  }
  return false
}

const version = process.argv[2] ?? ''
if (!/^\d+\.\d+\.\d+$/.test(version)) refuse('name the version: make release VERSION=1.2.3')
if (git('status', '--porcelain') !== '') refuse('the tree has changes: commit or stash them first')

const manifest = readFileSync('package.json', 'utf8')
const current = (JSON.parse(manifest) as { version: string }).version
const tagged = git('tag', '--list', `v${current}`) !== ''
if (!isLater(version, current) && (tagged || version !== current)) refuse(`${version} does not come after ${current}`)

const changelog = readFileSync('CHANGELOG.md', 'utf8')
const unreleased = /^## Unreleased\n([\s\S]*?)(?=^## |$(?![\s\S]))/m.exec(changelog)?.[1]?.trim() ?? ''
if (unreleased === '') refuse("the changelog says nothing under 'Unreleased'")

const today = new Date().toISOString().slice(0, 10)
writeFileSync('CHANGELOG.md', changelog.replace('## Unreleased\n', `## Unreleased\n\n## ${version} - ${today}\n`))
writeFileSync('package.json', manifest.replace(`"version": "${current}"`, `"version": "${version}"`))
// npm itself would look every package up again.
const lock = JSON.parse(readFileSync('package-lock.json', 'utf8')) as Lock
lock.version = version
lock.packages[''].version = version
writeFileSync('package-lock.json', `${JSON.stringify(lock, null, 2)}\n`)
git('commit', '-am', `release: ${version}`)
git('tag', '-a', `v${version}`, '-m', `Tidemark ${version}`)
console.log(`tagged v${version}; push it with: git push --follow-tags`)
