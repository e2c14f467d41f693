import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { TidemarkError } from '../common/index.ts'
import { ownCommand } from './own-command.ts'

/** flowd says this once it takes declarations. */
const READY = /^flowd is ready/

/** How long flowd may take to send its last fireflies and remove its hooks. */
const STOP_MS = 5_000

/** flowd as its users run it: the command itself, with a configuration file. */
export class FlowdProcess {
  #process: ChildProcess | undefined
  /** What it logged so far. */
  readonly log: string[] = []

  /**
   * Starts flowd and resolves when it is ready.
   *
   * @throws TidemarkError DEMO_FLOWD_FAILED with its last words
   */
  async start(conf: string): Promise<void> {
    const { program, args } = ownCommand('flowd', 'run', '--conf', conf)
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] })
    this.#process = child
    // Whatever ends this process, flowd must not outlive it.
    process.once('exit', () => child.kill())
    const ready = new Promise<void>(resolve => {
      for (const stream of [child.stdout, child.stderr]) {
        createInterface({ input: stream }).on('line', line => {
          this.log.push(line)
          if (READY.test(line)) resolve()
        })
      }
    })
    // `close` comes after the last line was read, `exit` may come before.
    const ended = once(child, 'close').then(([code]) => {
      throw new TidemarkError('DEMO_FLOWD_FAILED', { code: String(code), log: this.log.slice(-10).join('\n') })
    })
    await Promise.race([ready, ended])
    // From here on its end is expected; whoever misses its work will say so.
    ended.catch(ignore)
  }

  /** Asks flowd to leave, and makes it when it does not. Idempotent. */
  async stop(): Promise<void> {
    const child = this.#process
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    const gone = once(child, 'exit')
    child.kill('SIGTERM')
    const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS)
    await gone
    clearTimeout(timer)
  }
}

function ignore(): void {
  // an expected end
}
