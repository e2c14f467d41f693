import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import type { BuildOptions } from 'esbuild'

const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string }

/** What git says of the commit being built, or `unknown` outside a checkout. */
function git(...args: string[]): string {
  try {
    return execFileSync('git', args, { stdio: ['ignore', 'pipe', 'ignore'] })
      .toString()
      .trim()
  } catch {
    return 'unknown'
  }
}

/** What every bundle of the command has in common. */
export const bundleOptions = {
  bundle: true,
  platform: 'node',
  target: 'node22',
  logLevel: 'warning',
  define: {
    TIDEMARK_VERSION: JSON.stringify(version),
    TIDEMARK_COMMIT: JSON.stringify(git('rev-parse', '--short=12', 'HEAD')),
    // The date of the commit, not of the build: two builds of one commit give the same bundle.
    TIDEMARK_BUILD_DATE: JSON.stringify(git('show', '-s', '--format=%cI', 'HEAD')),
  },
} as const satisfies BuildOptions
