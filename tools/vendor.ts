import { execFileSync } from 'node:child_process'
import { cpSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * Collects what building the executable uses of npm, so that a source package builds without a network: the runtime
 * packages, the bundler, the injector and the pinned Node; and what git says of the commit.
 *
 * usage: node tools/vendor.ts FOLDER
 */
const BUILD_TOOLS = ['esbuild', 'postject', `node-linux-${process.arch}`]

interface LockedPackage {
  dependencies?: Record<string, string>
  optionalDependencies?: Record<string, string>
}

const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8')) as {
  packages: Record<string, LockedPackage>
}
const manifest = packages[''] ?? {}

/** The folders in node_modules that the named packages need, with all that they depend on. */
function closure(names: readonly string[]): string[] {
  const found = new Set<string>()
  const visit = (name: string, from: string): void => {
    const path = resolve(name, from)
    if (path === undefined || found.has(path)) return
    found.add(path)
    const { dependencies, optionalDependencies } = packages[path] ?? {}
    for (const dependency of Object.keys({ ...dependencies, ...optionalDependencies })) visit(dependency, path)
  }
  for (const name of names) visit(name, '')
  return [...found]
}

/** Node's lookup: the nearest node_modules, upwards from a package's folder, that has the package. */
function resolve(name: string, from: string): string | undefined {
  const path = from === '' ? `node_modules/${name}` : `${from}/node_modules/${name}`
  if (packages[path] !== undefined) return path
  if (from === '') return undefined
  const parent = from.lastIndexOf('/node_modules/')
  return resolve(name, parent === -1 ? '' : from.slice(0, parent))
}

const target = process.argv[2] ?? ''
const needed = closure([...Object.keys(manifest.dependencies ?? {}), ...BUILD_TOOLS])
for (const path of needed) {
  try {
    cpSync(path, join(target, path), { recursive: true, dereference: true })
  } catch (error) {
    // An optional package of another platform is locked but not installed.
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
}
const git = (...args: string[]) => execFileSync('git', args, { encoding: 'utf8' }).trim()
writeFileSync(
  join(target, '.commit'),
  `${git('rev-parse', '--short=12', 'HEAD')}\n${git('show', '-s', '--format=%cI', 'HEAD')}\n`,
)
