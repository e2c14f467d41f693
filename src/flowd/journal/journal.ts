import { appendFileSync, renameSync } from 'node:fs'
import { type FileHandle, open, readFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { isTidemarkError, type Logger, makeFolder, messageOf, TidemarkError } from '../../common/index.ts'
import { takeFile } from '../../linux/index.ts'
import type { Flow, FlowChange } from '../flow.ts'
import { endEntry, entryOf, flowEntry, isStop, JOURNAL_HEADER, readJournal } from './entry.ts'

export interface JournalSetup {
  path: string
  /** The flows that live now, for rewriting. */
  flows: () => Iterable<Flow>
  log: Logger
  /** The file is rewritten when it is larger than this and than three times what it had after the last rewriting. */
  rewriteBytes?: number
  /** How much may wait for a disk that does not answer; beyond it the file is rewritten once the disk answers. */
  pendingBytes?: number
  /** How long a disk that failed is left in peace. */
  retryMs?: number
}

const REWRITE_BYTES = 8 << 20
const PENDING_BYTES = 32 << 20
const REWRITE_GROWTH = 3
const SLICE_FLOWS = 2000
const RETRY_MS = 1000

/** So little is written while everything waits, to come to an end under steady load. */
const SYNCHRONOUS_BYTES = 256 << 10

/**
 * Remembers the flows across a restart and a crash: an append-only file, rewritten when most of it is past. Entries are
 * written in batches, at the latest with the next turn of the event loop. They survive the death of the process, not
 * that of the machine, with which every socket dies too. A disk that fails is reported and never stops the daemon.
 */
export class Journal {
  readonly #setup: Required<JournalSetup>
  #file: FileHandle | undefined
  /** Sizes are counted in characters, which are bytes but in names beyond ASCII: they only say when to act. */
  #fileBytes = 0
  #rewrittenBytes = 0
  #pending: string[] = []
  #pendingBytes = 0
  /** Entries made during a rewriting, which the new file needs too. */
  #sinceRewriting: string[] | undefined
  #needsRewriting = false
  #writing: Promise<void> | undefined
  #failing = false
  /** Flows that are kept although they do not live: found at the start and not settled yet, or ended by a stop. */
  readonly #kept = new Map<string, Flow>()
  #closed: Promise<void> | undefined

  constructor(setup: JournalSetup) {
    this.#setup = { rewriteBytes: REWRITE_BYTES, pendingBytes: PENDING_BYTES, retryMs: RETRY_MS, ...setup }
  }

  /**
   * Opens the journal and gives back the flows that were live when it was last written; those that a stop had ended
   * have the time of their end. Each is kept until a change of it is recorded or it is forgotten.
   *
   * @throws TidemarkError JOURNAL_IN_USE, JOURNAL_UNUSABLE
   */
  async open(): Promise<Flow[]> {
    const { path, log } = this.#setup
    try {
      makeFolder(dirname(path))
      const { file, bytes } = await openAlone(path)
      this.#file = file
      this.#fileBytes = bytes.length
      const { flows, damagedLines, torn } = readJournal(bytes)
      if (damagedLines > 0) log.warn({ path, damagedLines }, 'the journal has damaged lines, they are left out')
      if (bytes.length === 0) this.#append(JOURNAL_HEADER)
      else if (torn) this.#append('\n')
      for (const [key, flow] of flows) this.#kept.set(key, flow)
      return [...flows.values()]
    } catch (error) {
      if (isTidemarkError(error)) throw error
      throw new TidemarkError('JOURNAL_UNUSABLE', { path, reason: messageOf(error) }, error)
    }
  }

  /** Whether the disk has refused the latest entries, so that the file lags behind the flows. */
  get isFailing(): boolean {
    return this.#failing
  }

  /** Notes a change. Before `open` and after `close` nothing is noted. */
  record(change: FlowChange): void {
    const { key } = change.flow
    if (isStop(change)) this.#kept.set(key, change.flow)
    else this.#kept.delete(key)
    const entry = entryOf(change)
    if (entry !== undefined && this.#file !== undefined) this.#append(entry)
  }

  /** Leaves out a flow that was found and does not go on. */
  forget(key: string): void {
    this.#kept.delete(key)
    if (this.#file !== undefined) this.#append(endEntry(key))
  }

  /** Resolves when everything noted so far is written, or the disk has refused it. */
  async flush(): Promise<void> {
    do await this.#writing
    while (this.#writing !== undefined && !this.#failing)
  }

  /** Writes what is noted, shortens the file to the flows that live or may go on, and closes it. Idempotent. */
  close(): Promise<void> {
    this.#closed ??= this.#close()
    return this.#closed
  }

  async #close(): Promise<void> {
    if (this.#file === undefined) return
    this.#needsRewriting = true
    this.#schedule()
    await this.flush()
    const file = this.#file
    this.#file = undefined
    await file.close()
  }

  #append(entry: string): void {
    this.#sinceRewriting?.push(entry)
    this.#pending.push(entry)
    this.#pendingBytes += entry.length
    if (this.#pendingBytes > this.#setup.pendingBytes) {
      this.#takePending()
      this.#sinceRewriting?.splice(0)
      this.#needsRewriting = true
    }
    this.#schedule()
  }

  #schedule(): void {
    this.#writing ??= (this.#failing ? delay(this.#closed === undefined ? this.#setup.retryMs : 0) : nextTurn())
      .then(() => this.#write())
      .catch(error => this.#fail(error))
      .finally(() => {
        this.#writing = undefined
        const more = this.#pending.length > 0 || this.#needsRewriting
        if (more && !(this.#failing && this.#closed !== undefined)) this.#schedule()
      })
  }

  async #write(): Promise<void> {
    await this.#writePending()
    const { rewriteBytes } = this.#setup
    const grown = this.#fileBytes > Math.max(rewriteBytes, REWRITE_GROWTH * this.#rewrittenBytes)
    if (grown || this.#needsRewriting) await this.#rewrite()
    if (this.#failing) this.#setup.log.info({ path: this.#setup.path }, 'the journal is written again')
    this.#failing = false
  }

  async #writePending(): Promise<void> {
    const text = this.#takePending()
    if (text === '') return
    await this.#file?.appendFile(text)
    this.#fileBytes += text.length
  }

  #takePending(): string {
    const text = this.#pending.join('')
    this.#pending = []
    this.#pendingBytes = 0
    return text
  }

  /**
   * Writes the flows to a new file beside the old one, which is kept up meanwhile, and puts it in its place. Flows
   * that come and go during that time are in the new file too, as entries after the flows.
   */
  async #rewrite(): Promise<void> {
    const { path } = this.#setup
    const fresh = await open(`${path}.new`, 'w', 0o600)
    this.#sinceRewriting = []
    this.#needsRewriting = false
    try {
      take(fresh, path)
      let bytes = await append(fresh, JOURNAL_HEADER)
      for (const slice of slices(this.#flows(), SLICE_FLOWS)) {
        bytes += await append(fresh, slice.map(flowEntry).join(''))
        await this.#writePending()
      }
      let rest = this.#sinceRewriting.splice(0).join('')
      while (rest.length > SYNCHRONOUS_BYTES) {
        bytes += await append(fresh, rest)
        rest = this.#sinceRewriting.splice(0).join('')
      }
      // No turn of the event loop may lie between the last look at the new entries and the exchange of the files.
      appendFileSync(fresh.fd, rest)
      bytes += rest.length
      renameSync(`${path}.new`, path)
      this.#takePending()
      const old = this.#file
      this.#file = fresh
      this.#fileBytes = bytes
      this.#rewrittenBytes = bytes
      await old?.close()
    } catch (error) {
      if (this.#file !== fresh) await fresh.close()
      throw error
    } finally {
      this.#sinceRewriting = undefined
    }
  }

  /**
   * What the file is to hold. A flow that is brought back meanwhile moves from the first to the second, never past
   * both.
   */
  *#flows(): Generator<Flow> {
    yield* this.#kept.values()
    yield* this.#setup.flows()
  }

  #fail(error: unknown): void {
    this.#needsRewriting = true
    if (this.#failing) return
    this.#failing = true
    const { path, log } = this.#setup
    const { message, remedy } = new TidemarkError('JOURNAL_UNUSABLE', { path, reason: messageOf(error) })
    log.error({ remedy, consequence: 'flows go on; a crash now would forget what came since' }, message)
  }
}

async function append(file: FileHandle, text: string): Promise<number> {
  await file.appendFile(text)
  return text.length
}

function* slices<Item>(items: Iterable<Item>, length: number): Generator<Item[]> {
  let slice: Item[] = []
  for (const item of items) {
    slice.push(item)
    if (slice.length === length) {
      yield slice
      slice = []
    }
  }
  if (slice.length > 0) yield slice
}

function nextTurn(): Promise<void> {
  return new Promise(resolve => {
    setImmediate(resolve)
  })
}

/** Opens the file for this flowd alone, and reads what it holds. */
async function openAlone(path: string): Promise<{ file: FileHandle; bytes: Buffer }> {
  const file = await open(path, 'a', 0o600)
  try {
    take(file, path)
    return { file, bytes: await readFile(path) }
  } catch (error) {
    await file.close()
    throw error
  }
}

function take(file: FileHandle, path: string): void {
  if (!takeFile(file.fd)) throw new TidemarkError('JOURNAL_IN_USE', { path })
}
