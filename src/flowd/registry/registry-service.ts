import { readFile, rename, writeFile } from 'node:fs/promises'
import { codeOf, type Logger, messageOf, type Service } from '../../common/index.ts'
import { parseRegistryDocument, REGISTRY_SNAPSHOT, Registry, type RegistryDocument } from '../../scitags/index.ts'
import type { RegistrySource } from '../unit.ts'
import type { RegistryOptions } from './options.ts'
import { isRemote, readSource } from './source.ts'

const MS_PER_HOUR = 3_600_000

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
  #refreshing: Promise<void> | undefined

  constructor(options: RegistryOptions, cachePath: string | undefined, log: Logger) {
    this.#options = options
    this.#cachePath = isRemote(options.source) ? cachePath : undefined
    this.#log = log
  }

  get current(): Registry {
    return this.#current
  }

  async start(): Promise<void> {
    const { source, refreshHours } = this.#options
    if (source === '') return
    await this.#takeCached()
    const first = this.refresh()
    // A file is there at once; a server may take its time.
    if (!isRemote(source)) await first
    this.#timer = setInterval(() => void this.refresh(), refreshHours * MS_PER_HOUR).unref()
  }

  /** Waits for no server. Idempotent; what was stopped does not start again. */
  async stop(): Promise<void> {
    clearInterval(this.#timer)
    this.#timer = undefined
    this.#stopping.abort()
    await this.#refreshing
  }

  /** Asks the source now. Never throws: what went wrong is in the log, and the list stays as it was. */
  refresh(): Promise<void> {
    this.#refreshing ??= this.#refresh().finally(() => {
      this.#refreshing = undefined
    })
    return this.#refreshing
  }

  async #refresh(): Promise<void> {
    const { source } = this.#options
    try {
      const text = await readSource(source, this.#stopping.signal)
      const document = parseOrThrow(text)
      if (JSON.stringify(document) === JSON.stringify(this.#current.document)) return
      this.#current = new Registry(document)
      this.#log.info({ source, modified: document.modified }, 'the registry was renewed')
      await this.#keep(text)
    } catch (error) {
      if (this.#stopping.signal.aborted) return
      this.#log.warn({ source, reason: messageOf(error) }, 'the registry cannot be renewed, it stays as it was')
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
    if (this.#cachePath === undefined) return
    await writeFile(`${this.#cachePath}.new`, text)
    await rename(`${this.#cachePath}.new`, this.#cachePath)
  }
}

function parseOrThrow(text: string): RegistryDocument {
  const parsed = parseRegistryDocument(text)
  if (parsed.ok) return parsed.value
  throw new Error(parsed.field === '' ? parsed.problem : `${parsed.field}: ${parsed.problem}`)
}
