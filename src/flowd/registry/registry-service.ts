import { readFile, rename, writeFile } from 'node:fs/promises'
import { codeOf, type Logger, messageOf, type Service } from '../../common/index.ts'
import { parseRegistryDocument, REGISTRY_SNAPSHOT, Registry, type RegistryDocument } from '../../scitags/index.ts'
import type { RegistrySource } from '../unit.ts'
import type { RegistryOptions } from './options.ts'
import { isRemote, readSource } from './source.ts'

const MS_PER_HOUR = 3_600_000

/** How soon a source that failed is asked again; each failure doubles it, up to the usual time. */
const RETRY_MS = 60_000

/** The longest time that a timer holds; beyond it, it would fire at once, again and again. */
const TIMER_MAX_MS = 2 ** 31 - 1

/**
 * The names and ids in force: the built-in list, then the one that was fetched last, then what the source says,
 * which is asked in the background. No start and no event waits for it, and its failure changes nothing.
 */
export class RegistryService implements Service, RegistrySource {
  readonly #options: RegistryOptions
  /** Where a list that was fetched is kept; undefined when none is. */
  readonly #cachePath: string | undefined
  readonly #log: Logger
  #current = new Registry(REGISTRY_SNAPSHOT)
  readonly #stopping = new AbortController()
  #timer: NodeJS.Timeout | undefined
  #refreshing: Promise<boolean> | undefined

  constructor(options: RegistryOptions, cachePath: string | undefined, log: Logger) {
    this.#options = options
    this.#cachePath = isRemote(options.source) ? cachePath : undefined
    this.#log = log
  }

  get current(): Registry {
    return this.#current
  }

  async start(): Promise<void> {
    const { source } = this.#options
    if (source === '') return
    await this.#takeCached()
    const first = this.#refreshAgainAndAgain(RETRY_MS)
    // A file is there at once; a server may take its time.
    if (!isRemote(source)) await first
  }

  /** Waits for no server. Idempotent; what was stopped does not start again. */
  async stop(): Promise<void> {
    this.#stopping.abort()
    clearTimeout(this.#timer)
    await this.#refreshing
  }

  /** Asks the source now; false when that failed: why is in the log, and the list stays as it was. Never throws. */
  refresh(): Promise<boolean> {
    this.#refreshing ??= this.#refresh().finally(() => {
      this.#refreshing = undefined
    })
    return this.#refreshing
  }

  async #refreshAgainAndAgain(retryMs: number): Promise<void> {
    const usualMs = this.#options.refreshHours * MS_PER_HOUR
    const wasRead = await this.refresh()
    if (wasRead) this.#refreshIn(usualMs, RETRY_MS)
    else this.#refreshIn(Math.min(retryMs, usualMs), 2 * retryMs)
  }

  #refreshIn(ms: number, retryMs: number): void {
    if (this.#stopping.signal.aborted) return
    const waitMs = Math.min(ms, TIMER_MAX_MS)
    const goOn = () => (ms > waitMs ? this.#refreshIn(ms - waitMs, retryMs) : void this.#refreshAgainAndAgain(retryMs))
    this.#timer = setTimeout(goOn, waitMs).unref()
  }

  async #refresh(): Promise<boolean> {
    const { source } = this.#options
    try {
      const text = await readSource(source, this.#stopping.signal)
      const document = parseOrThrow(text)
      if (JSON.stringify(document) === JSON.stringify(this.#current.document)) return true
      this.#current = new Registry(document)
      this.#log.info({ source, modified: document.modified }, 'the registry was renewed')
      await this.#keep(text)
      return true
    } catch (error) {
      if (!this.#stopping.signal.aborted)
        this.#log.warn({ source, reason: messageOf(error) }, 'the registry cannot be renewed, it stays as it was')
      return false
    }
  }

  async #takeCached(): Promise<void> {
    if (this.#cachePath === undefined) return
    try {
      this.#current = new Registry(parseOrThrow(await readFile(this.#cachePath, 'utf8')))
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return
      this.#log.warn({ path: this.#cachePath, reason: messageOf(error) }, 'the registry fetched last cannot be read')
    }
  }

  async #keep(text: string): Promise<void> {
    const path = this.#cachePath
    if (path === undefined) return
    try {
      await writeFile(`${path}.new`, text)
      await rename(`${path}.new`, path)
    } catch (error) {
      this.#log.warn({ path, reason: messageOf(error) }, 'the registry cannot be kept for the next start')
    }
  }
}

function parseOrThrow(text: string): RegistryDocument {
  const parsed = parseRegistryDocument(text)
  if (parsed.ok) return parsed.value
  throw new Error(parsed.field === '' ? parsed.problem : `${parsed.field}: ${parsed.problem}`)
}
