import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'

/**
 * The house's plan, checked: a room imports only the rooms below it, through their `index.ts`; files form no cycles;
 * only `linux/` touches FFI. Prints each breach as `file: what`, and exits 1 if there is one.
 *
 * usage: node tools/import-rules.ts [source folder]
 */

/** The rooms that each room may import. */
const MAY_IMPORT: Record<string, readonly string[]> = {
  scitags: [],
  vanflow: [],
  common: [],
  checks: ['common'],
  linux: ['common'],
  flowd: ['common', 'checks', 'linux', 'scitags'],
  collector: ['common', 'checks', 'scitags', 'vanflow'],
  simulate: ['common', 'scitags', 'vanflow'],
  demo: ['common', 'linux', 'scitags'],
  doctor: ['common', 'checks', 'linux', 'flowd', 'collector'],
  cli: ['common', 'linux', 'scitags', 'vanflow', 'flowd', 'collector', 'simulate', 'demo', 'doctor'],
}

/** Packages that only one room may import. */
const RESERVED_PACKAGES: Record<string, string> = { koffi: 'linux' }

const IMPORT =
  /(?:^|\n)\s*(?:import|export)\s[^'"]*?from\s*'([^']+)'|(?:^|\n)\s*import\s*'([^']+)'|import\(\s*'([^']+)'/g

function sourceFiles(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile() && entry.name.endsWith('.ts'))
    .map(entry => join(entry.parentPath, entry.name))
}

interface SourceFile {
  path: string
  room: string
  imports: string[]
}

function read(root: string, path: string): SourceFile {
  const text = readFileSync(path, 'utf8').replace(/\/\*[\s\S]*?\*\//g, '')
  const imports = [...text.matchAll(IMPORT)].map(match => match[1] ?? match[2] ?? match[3] ?? '')
  return { path, room: relative(root, path).split('/')[0] ?? '', imports }
}

function breaches(root: string, files: readonly SourceFile[]): string[] {
  const found: string[] = []
  for (const file of files) {
    const say = (what: string) => found.push(`${relative(process.cwd(), file.path)}: ${what}`)
    const isTest = file.path.endsWith('.test.ts')
    const allowed = MAY_IMPORT[file.room]
    if (allowed === undefined) {
      say(`'${file.room}' is no room of the house`)
      continue
    }
    for (const specifier of file.imports) {
      const owner = RESERVED_PACKAGES[specifier]
      if (owner !== undefined && owner !== file.room) say(`only ${owner}/ may import '${specifier}'`)
      if (!specifier.startsWith('.')) continue
      const target = relative(root, resolve(dirname(file.path), specifier))
      const room = target.split('/')[0] ?? ''
      if (target.startsWith('..')) {
        if (!isTest) say(`imports '${specifier}' from outside src/`)
      } else if (room !== file.room) {
        if (!allowed.includes(room)) say(`${file.room}/ may not import ${room}/`)
        else if (target !== `${room}/index.ts`) say(`imports '${target}' past the face of ${room}/ (its index.ts)`)
      }
    }
  }
  return found
}

/** Finds the import cycles among files, each as one line `a -> b -> a`. */
function cycles(root: string, files: readonly SourceFile[]): string[] {
  const edges = new Map(
    files.map(file => [
      file.path,
      file.imports.filter(name => name.startsWith('.')).map(name => resolve(dirname(file.path), name)),
    ]),
  )
  const found: string[] = []
  const state = new Map<string, 'open' | 'done'>()
  const trail: string[] = []
  const visit = (path: string): void => {
    if (state.get(path) === 'done' || !edges.has(path)) return
    if (state.get(path) === 'open') {
      const loop = [...trail.slice(trail.indexOf(path)), path].map(step => relative(root, step))
      found.push(`import cycle: ${loop.join(' -> ')}`)
      return
    }
    state.set(path, 'open')
    trail.push(path)
    for (const next of edges.get(path) ?? []) visit(next)
    trail.pop()
    state.set(path, 'done')
  }
  for (const file of files) visit(file.path)
  return found
}

const root = resolve(process.argv[2] ?? 'src')
const files = sourceFiles(root).map(path => read(root, path))
const found = [...breaches(root, files), ...cycles(root, files)]
for (const line of found) console.log(line)
if (files.length === 0) console.log(`no source files under ${root}`)
process.exitCode = found.length > 0 || files.length === 0 ? 1 : 0
