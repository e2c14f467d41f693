// Bundles the command into dist/: one entry and a chunk for each lazily imported role, so that a command loads only
// what it uses. koffi stays outside because its native file is looked up beside its package.
import { execFileSync } from 'node:child_process'
import { readFileSync, rmSync } from 'node:fs'
import { build } from 'esbuild'

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

rmSync('dist', { recursive: true, force: true })
await build({
  entryPoints: { tidemark: 'src/cli/main.ts' },
  outdir: 'dist',
  bundle: true,
  splitting: true,
  platform: 'node',
  target: 'node22',
  format: 'esm',
  sourcemap: true,
  external: ['koffi'],
  outExtension: { '.js': '.mjs' },
  define: {
    TIDEMARK_VERSION: JSON.stringify(version),
    TIDEMARK_COMMIT: JSON.stringify(git('rev-parse', '--short=12', 'HEAD')),
    // The date of the commit, not of the build: two builds of one commit give the same bundle.
    TIDEMARK_BUILD_DATE: JSON.stringify(git('show', '-s', '--format=%cI', 'HEAD')),
  },
  // Bundled CommonJS packages call require() for Node's own modules.
  banner: {
    js: "import { createRequire as tidemarkCreateRequire } from 'node:module'; const require = tidemarkCreateRequire(import.meta.url);",
  },
})
