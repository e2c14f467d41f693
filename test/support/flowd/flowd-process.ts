import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { text } from 'node:stream/consumers'
import { ControlClient } from '../../../src/flowd/index.ts'

export const TIDEMARK = resolve('bin/tidemark')
export const FLOWD_GO_PROGRAM = resolve('bin/flowd-go')

export interface FlowdProcessOptions {
  /** The configuration file: a text as it is, or an object, in which the daemon's own files are filled in. */
  configuration?: object | string
  /** The configuration where it names files in the process's folder. */
  configurationIn?: (folder: string) => object
  /** More words after `flowd run`. */
  words?: readonly string[]
  /** The command, when it is another than `tidemark --conf FILE flowd run`. */
  command?: readonly string[]
  /** Words before the program: `['setpriv', …]`. */
  prefix?: readonly string[]
  /** Starts the process elsewhere, for example in a network namespace. */
  spawn?: Spawn
  environment?: NodeJS.ProcessEnv
  /** Where the daemon's files are; a new folder when absent. */
  folder?: string
}

type Spawn = (program: string, words: readonly string[], options: SpawnOptions) => ChildProcess

/** Runs a command of `tidemark` to its end, elsewhere if need be. */
export async function runTidemark(words: readonly string[], how: { spawn?: Spawn } = {}) {
  const child = (how.spawn ?? spawn)(TIDEMARK, words, { stdio: ['ignore', 'pipe', 'pipe'] })
  const [stdout, stderr, [code]] = await Promise.all([
    child.stdout === null ? '' : text(child.stdout),
    child.stderr === null ? '' : text(child.stderr),
    once(child, 'close') as Promise<[number | null]>,
  ])
  return { code, stdout, stderr }
}

/** A real `tidemark flowd run`, its files in a folder of its own. */
export class FlowdProcess implements AsyncDisposable {
  readonly folder: string
  readonly configurationFile: string
  readonly control: ControlClient
  readonly child: ChildProcess
  stdout = ''
  stderr = ''
  readonly #ended: Promise<unknown[]>
  readonly #ownFolder: boolean

  constructor(options: FlowdProcessOptions = {}) {
    this.#ownFolder = options.folder === undefined
    this.folder = options.folder ?? mkdtempSync(join(tmpdir(), 'tidemark-flowd-'))
    this.configurationFile = join(this.folder, 'flowd.yaml')
    this.control = new ControlClient(join(this.folder, 'flowd.sock'))
    this.configure(options.configurationIn?.(this.folder) ?? options.configuration ?? {})
    const [program = TIDEMARK, ...words] = [
      ...(options.prefix ?? []),
      ...(options.command ?? [TIDEMARK, '--conf', this.configurationFile, 'flowd', 'run']),
      ...(options.words ?? []),
    ]
    const start: Spawn = options.spawn ?? spawn
    this.child = start(program, words, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...options.environment },
    })
    this.child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.stdout += text
    })
    this.child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.stderr += text
    })
    this.#ended = once(this.child, 'close')
  }

  /** Writes the configuration file: a text as it is, an object with the paths of this folder filled in. */
  configure(configuration: object | string): void {
    const files = {
      pidPath: join(this.folder, 'flowd.pid'),
      workDir: join(this.folder, 'work'),
      controlSocket: { path: join(this.folder, 'flowd.sock') },
    }
    const text =
      typeof configuration === 'string' ? configuration : JSON.stringify({ ...files, ...configuration }, null, 2)
    writeFileSync(this.configurationFile, text)
  }

  /** Resolves when the daemon has said that it is ready; rejects with what it said when it ends before. */
  async ready(): Promise<this> {
    await this.says(/^flowd is ready: /m)
    return this
  }

  /** Resolves when the daemon's output matches; rejects when it ends before. */
  async says(pattern: RegExp): Promise<void> {
    const ended = this.#ended.then(() => true)
    while (!pattern.test(this.stdout) && !pattern.test(this.stderr)) {
      const over = await Promise.race([ended, new Promise<false>(resolve => setTimeout(resolve, 10, false))])
      if (over && !pattern.test(this.stdout) && !pattern.test(this.stderr)) {
        throw new Error(`flowd ended without saying ${pattern}:\n${this.stdout}${this.stderr}`)
      }
    }
  }

  /** Resolves with the exit code, or the signal that ended the process. */
  async ended(): Promise<unknown> {
    const [code, signal] = await this.#ended
    return code ?? signal
  }

  /** Asks the control socket directly. */
  get(path: string): Promise<{ status: number | undefined; text: string }> {
    return new Promise((resolve, reject) => {
      const asking = request({ socketPath: join(this.folder, 'flowd.sock'), path }, response => {
        text(response).then(body => resolve({ status: response.statusCode, text: body }), reject)
      })
      asking.once('error', reject).end()
    })
  }

  /** Sends a signal, and waits for the end. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<unknown> {
    this.child.kill(signal)
    return await this.ended()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop('SIGKILL')
    if (this.#ownFolder) rmSync(this.folder, { recursive: true, force: true })
  }
}
