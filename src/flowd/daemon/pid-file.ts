import { readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { codeOf, makeFolder, messageOf, type Service, TidemarkError } from '../../common/index.ts'

/** Kernel ticks per second in /proc (USER_HZ), the same on every architecture we run on. */
const TICKS_PER_SECOND = 100

/** The file that holds the daemon's process id while it runs, and says whether another instance does. */
export class PidFile implements Service {
  readonly #path: string
  #written = false

  constructor(path: string) {
    this.#path = path
  }

  /**
   * Writes the file; one that a dead process left is replaced.
   *
   * @throws TidemarkError ALREADY_RUNNING, PID_FILE_UNWRITABLE
   */
  async start(): Promise<void> {
    const other = this.#runningProcess()
    if (other !== undefined) throw new TidemarkError('ALREADY_RUNNING', { pid: other, file: this.#path })
    try {
      makeFolder(dirname(this.#path))
      rmSync(this.#path, { force: true })
      // `wx` fails when another instance that starts at the same moment was first.
      writeFileSync(this.#path, `${process.pid}\n`, { mode: 0o644, flag: 'wx' })
    } catch (error) {
      throw new TidemarkError('PID_FILE_UNWRITABLE', { file: this.#path, reason: messageOf(error) }, error)
    }
    this.#written = true
  }

  async stop(): Promise<void> {
    if (!this.#written) return
    this.#written = false
    rmSync(this.#path, { force: true })
  }

  /** The process that the file names, if it lives and is the one that wrote it. */
  #runningProcess(): number | undefined {
    let writtenMs: number
    let pid: number
    try {
      pid = Number.parseInt(readFileSync(this.#path, 'utf8'), 10)
      writtenMs = statSync(this.#path).mtimeMs
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return undefined
      throw new TidemarkError('PID_FILE_UNWRITABLE', { file: this.#path, reason: messageOf(error) }, error)
    }
    if (!Number.isSafeInteger(pid) || pid <= 0 || pid === process.pid || !isAlive(pid)) return undefined
    const startedMs = processStartMs(pid)
    // A process that began after the file was written only has the dead writer's number.
    const reused = startedMs !== undefined && startedMs > writtenMs + 1000
    return reused ? undefined : pid
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    // EPERM: it lives, but belongs to another user.
    return codeOf(error) === 'EPERM'
  }
}

/**
 * When a process began, from proc(5): field 22 of its stat is in ticks since boot. Undefined where /proc does not
 * say.
 */
function processStartMs(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const bootSeconds = Number(/^btime (\d+)$/m.exec(readFileSync('/proc/stat', 'utf8'))?.[1])
    // The second field, the program's name in parentheses, may hold blanks: count from behind it.
    const ticks = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19])
    const startMs = (bootSeconds + ticks / TICKS_PER_SECOND) * 1000
    return Number.isNaN(startMs) ? undefined : startMs
  } catch {
    return undefined
  }
}
