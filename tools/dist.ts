import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { join, resolve } from 'node:path'
import { build, type Plugin } from 'esbuild'
import { bundleOptions } from './bundle-options.ts'
import { type NativePart, sbom } from './sbom.ts'

/**
 * Makes the self-contained executable `build/dist/tidemark`: the pinned Node with the bundle, the BPF objects and the
 * native libraries inside (a Node single executable application), its SHA-256 sum and a CycloneDX SBOM.
 *
 * For arm64 the same recipe runs on an arm64 machine: nothing here names an architecture.
 */
const OUT = 'build/dist'
const FUSE = 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2'

/** koffi looks its addon up through a package a platform; in the executable it is the carried file. */
const carriedKoffi: Plugin = {
  name: 'carried-koffi',
  setup(setup) {
    // Its CommonJS form names the packages literally; the other one looks for them at run time, unseen by a bundler.
    setup.onResolve({ filter: /^koffi$/ }, () => ({ path: resolve('node_modules/koffi/index.cjs') }))
    setup.onResolve({ filter: /^@koromix\/koffi-/ }, args => ({ path: args.path, namespace: 'carried-koffi' }))
    setup.onLoad({ filter: /.*/, namespace: 'carried-koffi' }, args => ({
      resolveDir: process.cwd(),
      contents:
        args.path === `@koromix/koffi-${process.platform}-${process.arch}`
          ? `module.exports = require('./src/common/assets/carried-addon.ts').carriedAddon()`
          : `throw new Error('not on this platform')`,
    }))
  },
}

async function bundle(): Promise<string> {
  const outfile = join(OUT, 'tidemark.cjs')
  await build({
    ...bundleOptions,
    // The main script of a single executable is CommonJS and may not await at its top, as src/cli/main.ts does.
    stdin: {
      contents: `import { runProcess } from './src/cli/run-process.ts'
        void runProcess()`,
      resolveDir: process.cwd(),
    },
    outfile,
    format: 'cjs',
    minify: true,
    keepNames: true,
    plugins: [carriedKoffi],
    define: { ...bundleOptions.define, 'import.meta.url': 'tidemarkModuleUrl' },
    banner: { js: "const tidemarkModuleUrl = require('node:url').pathToFileURL(process.execPath).href;" },
  })
  return outfile
}

/** What the executable carries: name in the executable → file here. */
function assets(): Record<string, string> {
  const objects = readdirSync('bpf').filter(name => name.endsWith('.bpf.o'))
  const koffi = `node_modules/@koromix/koffi-linux-${process.arch}/linux_${process.arch}/koffi.node`
  return {
    'native/koffi.node': koffi,
    ...Object.fromEntries(
      ['libz.so.1', 'libelf.so.1', 'libbpf.so.1'].map(name => [`native/${name}`, systemLibrary(name)]),
    ),
    ...Object.fromEntries(objects.map(name => [`bpf/${name}`, join('bpf', name)])),
  }
}

/** Where the dynamic linker finds a library. */
function systemLibrary(name: string): string {
  const line = execFileSync('ldconfig', ['-p'], { encoding: 'utf8' })
    .split('\n')
    .find(entry => entry.trim().startsWith(`${name} `))
  if (line === undefined) throw new Error(`${name} is not installed: run 'make packages'`)
  return realpathSync(line.split('=> ')[1] ?? '')
}

function inject(main: string): string {
  const executable = join(OUT, 'tidemark')
  const config = join(OUT, 'sea.json')
  const blob = join(OUT, 'sea.blob')
  writeFileSync(
    config,
    JSON.stringify({ main, output: blob, disableExperimentalSEAWarning: true, useCodeCache: true, assets: assets() }),
  )
  execFileSync(process.execPath, ['--experimental-sea-config', config], { stdio: 'ignore' })
  copyFileSync(process.execPath, executable)
  chmodSync(executable, 0o755)
  // Stripping must come first: an executable stripped after the injection no longer starts.
  execFileSync('strip', ['-s', executable])
  execFileSync(
    process.execPath,
    ['node_modules/postject/dist/cli.js', executable, 'NODE_SEA_BLOB', blob, '--sentinel-fuse', FUSE],
    { stdio: 'ignore' },
  )
  return executable
}

/** The native parts of the executable and where their versions are read. */
function nativeParts(): NativePart[] {
  const version = (library: string) =>
    /\.so\.(.*)$/.exec(systemLibrary(library))?.[1] ?? /-([\d.]+)\.so$/.exec(systemLibrary(library))?.[1]
  return [
    { name: 'node', version: process.versions.node, license: 'MIT' },
    { name: 'libbpf', version: version('libbpf.so.1') ?? 'unknown', license: 'LGPL-2.1-only OR BSD-2-Clause' },
    { name: 'libelf', version: version('libelf.so.1') ?? 'unknown', license: 'GPL-2.0-or-later OR LGPL-3.0-or-later' },
    { name: 'zlib', version: version('libz.so.1') ?? 'unknown', license: 'Zlib' },
  ]
}

function writeSbom(): string {
  const path = join(OUT, 'tidemark.cdx.json')
  const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string }
  writeFileSync(path, sbom(version, nativeParts()))
  return path
}

rmSync(OUT, { recursive: true, force: true })
mkdirSync(join(OUT, 'native'), { recursive: true })
const main = await bundle()
const products = [inject(main), main, writeSbom()]
const sums = products.map(path => {
  const sum = createHash('sha256').update(readFileSync(path)).digest('hex')
  return `${sum}  ${path.slice(OUT.length + 1)}\n`
})
writeFileSync(join(OUT, 'SHA256SUMS'), sums.join(''))
// Packages install this file as it is, so that their executable unpacks nothing.
copyFileSync(assets()['native/koffi.node'] ?? '', join(OUT, 'native/koffi.node'))
for (const name of ['sea.json', 'sea.blob']) rmSync(join(OUT, name))
console.log(sums.join('').trimEnd())
