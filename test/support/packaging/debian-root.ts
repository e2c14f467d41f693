import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process'
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join, resolve } from 'node:path'

const BASE = resolve('.cache/packaging/minbase')
const RETRY = resolve('tools/retry.sh')
const ENTER = resolve('test/support/packaging/enter-root.sh')

/**
 * A throw-away Debian 12 without Node, libbpf and systemd (debootstrap's minbase, made once and kept in .cache), in
 * which `/tmp` is mounted noexec. Needs root. Call `remove` in `afterAll`.
 */
export class DebianRoot {
  readonly #folder = mkdtempSync(join(tmpdir(), 'debian-root-'))

  constructor() {
    minimalDebian()
    for (const name of ['changes', 'work', 'root']) mkdirSync(join(this.#folder, name))
  }

  /** Puts a file of this machine into the root, with its mode. */
  copy(from: string, to: string): void {
    mkdirSync(dirname(this.#changed(to)), { recursive: true })
    copyFileSync(from, this.#changed(to))
  }

  /** Writes a text file into the root. */
  write(path: string, text: string): void {
    mkdirSync(dirname(this.#changed(path)), { recursive: true })
    writeFileSync(this.#changed(path), text)
  }

  /** Puts Debian packages with these names into /opt and installs them by dpkg. */
  installPackages(...names: string[]): void {
    const folder = this.#changed('/opt/packages')
    mkdirSync(folder, { recursive: true })
    execFileSync(RETRY, ['apt-get', 'download', '-qq', ...names], {
      cwd: folder,
      stdio: ['ignore', 'ignore', 'inherit'],
    })
    this.run('dpkg', '-i', ...readdirSync(folder).map(name => `/opt/packages/${basename(name)}`))
  }

  /** Runs a command in the root and gives what it printed on both streams; throws with that when it fails. */
  run(...command: string[]): string {
    const { status, stdout, stderr, error } = spawnSync(ENTER, [BASE, this.#folder, ...command], { encoding: 'utf8' })
    if (error !== undefined) throw error
    if (status !== 0) throw new Error(`${command.join(' ')}: exit ${status}\n${stdout}${stderr}`)
    return stdout + stderr
  }

  /** Runs a command of this machine on the root, which it finds mounted at `path`. */
  runOutside(...command: string[]): string {
    return this.run('--outside', ...command)
  }

  /** Where the root is mounted for the commands of `runOutside`. */
  get path(): string {
    return join(this.#folder, 'root')
  }

  /** Starts a command in the root. */
  spawn(...command: string[]): ChildProcess {
    return spawn(ENTER, [BASE, this.#folder, ...command], { stdio: ['ignore', 'pipe', 'pipe'] })
  }

  /** The files in the root below `/` whose path contains a word, apart from those of the kernel and of /opt. */
  filesNamed(word: string): string[] {
    const found = this.run('find', '/', '-xdev', '-path', '/opt', '-prune', '-o', '-name', `*${word}*`, '-print')
    return found
      .split('\n')
      .filter(path => path !== '')
      .sort()
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true })
  }

  #changed(path: string): string {
    return join(this.#folder, 'changes', path)
  }
}

/** The folder of debootstrap's minbase, made when it is not there. Nobody may change it. */
export function minimalDebian(): string {
  if (existsSync(BASE)) return BASE
  const unfinished = `${BASE}.${process.pid}`
  mkdirSync(dirname(BASE), { recursive: true })
  // What the package asks for in place of systemd itself, which a container does not run.
  const packages = 'systemd-standalone-sysusers'
  execFileSync(RETRY, ['tools/debian-root.sh', unfinished, packages])
  renameSync(unfinished, BASE)
  return BASE
}
