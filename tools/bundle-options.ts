import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import type { BuildOptions } from 'esbuild'

const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string }

/** The commit and its date: from the file that a source package carries, else from git, else unknown. */
function commit(): { hash: string; date: string } {
  // The file first: a source package may be built inside another project's checkout.
  if (existsSync('.commit')) {
    const [hash = 'unknown', date = 'unknown'] = readFileSync('.commit', 'utf8').split('\n')
    return { hash, date }
  }
  const git = (...args: string[]) =>
    execFileSync('git', args, { stdio: ['ignore', 'pipe', 'ignore'] })
      .toString()
      .trim()
  try {
    return { hash: git('rev-parse', '--short=12', 'HEAD'), date: git('show', '-s', '--format=%cI', 'HEAD') }
  } catch {
    return { hash: 'unknown', date: 'unknown' }
  }
}

const { hash, date } = commit()

/** What every bundle of the command has in common. */
export const bundleOptions = {
  bundle: true,
  platform: 'node',
  target: 'node22',
  logLevel: 'warning',
  define: {
    TIDEMARK_VERSION: JSON.stringify(version),
    TIDEMARK_COMMIT: JSON.stringify(hash),
    // The date of the commit, not of the build: two builds of one commit give the same bundle.
    TIDEMARK_BUILD_DATE: JSON.stringify(date),
  },
} as const satisfies BuildOptions
