import { rmSync } from 'node:fs'
import { build } from 'esbuild'
import { bundleOptions } from './bundle-options.ts'

/**
 * Bundles the command into dist/: one entry and a chunk for each lazily imported role, so that a command loads only
 * what it uses. koffi stays outside because its native file is looked up beside its package.
 */
rmSync('dist', { recursive: true, force: true })
await build({
  ...bundleOptions,
  entryPoints: { tidemark: 'src/cli/main.ts' },
  outdir: 'dist',
  splitting: true,
  format: 'esm',
  sourcemap: true,
  external: ['koffi'],
  outExtension: { '.js': '.mjs' },
  // Bundled CommonJS packages call require() for Node's own modules.
  banner: {
    js: "import { createRequire as tidemarkCreateRequire } from 'node:module'; const require = tidemarkCreateRequire(import.meta.url);",
  },
})
