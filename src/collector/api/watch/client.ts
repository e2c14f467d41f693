import { encodeJson } from '../json-blocks.ts'
import type { Frame } from './frame.ts'

/** Where a watcher's bytes go; a `ServerResponse` is one. Each write becomes one HTTP chunk. */
export interface WatchSink {
  /** Bytes handed over that the kernel has not taken yet. */
  readonly writableLength: number
  write(chunk: string | Uint8Array, done: (failure?: Error | null) => void): boolean
  end(): void
  destroy(): void
}

/** Why a watcher was cut. */
export type CutCause = 'too-slow' | 'no-progress' | 'withdrawn'

export interface WatchLimits {
  /** What one watcher may hold of the process's memory, in bytes. */
  maxBytes: number
  /** How long the kernel may take nothing of what waits for it, in milliseconds. */
  stallMs: number
}

/**
 * The map entry and its share of the map's slack, and the buffer's object: what a kept frame costs beside its bytes.
 */
const FRAME_OVERHEAD_BYTES = 256
/** The last object of a stream whose credentials were withdrawn: errors of this API look so. */
const WITHDRAWN = encodeJson({ error: 'credentials withdrawn' })
/** How long a client may take to read that. */
const FAREWELL_MS = 5000
/** What is handed to the kernel at once. */
const BYTES_PER_WRITE = 64 * 1024

/**
 * One watcher. What changed is kept for it, the latest state of each record, until the kernel takes its bytes: at once
 * for a client that reads. Beyond its limit it is cut, and so costs the others nothing.
 */
export class WatchClient {
  readonly #sink: WatchSink
  readonly #limits: WatchLimits
  readonly #onCut: (cause: CutCause) => void
  readonly #kept = new Map<string, Frame>()
  #keptBytes = 0
  #isOpen = false
  #isGone = false
  #busySinceMs: number | undefined
  #farewell: NodeJS.Timeout | undefined

  constructor(sink: WatchSink, limits: WatchLimits, onCut: (cause: CutCause) => void) {
    this.#sink = sink
    this.#limits = limits
    this.#onCut = onCut
  }

  /** What this watcher holds of the process's memory. */
  get memoryBytes(): number {
    return this.#keptBytes + this.#sink.writableLength
  }

  /**
   * Writes a part of the initial list and waits until the kernel took it. Changes that come meanwhile are kept for
   * after the list.
   *
   * @returns false when the watcher is gone
   */
  async writeList(block: string): Promise<boolean> {
    if (this.#isGone) return false
    await new Promise<void>(resolve => this.#write([block], resolve))
    return !this.#isGone
  }

  /** The initial list is out: from now on changes follow. */
  open(): void {
    this.#isOpen = true
    this.#writeKept()
  }

  /** Hands over changed objects, in order. */
  push(frames: readonly Frame[]): void {
    for (const frame of frames) {
      if (this.#isGone) return
      if (this.memoryBytes + frame.bytes.length + FRAME_OVERHEAD_BYTES > this.#limits.maxBytes) this.#cut('too-slow')
      else this.#keep(frame)
    }
    this.#writeKept()
  }

  /** Cuts the watcher if the kernel took nothing for too long, as it does when the peer's machine is gone. */
  checkProgress(): void {
    const busySinceMs = this.#busySinceMs
    if (busySinceMs !== undefined && performance.now() - busySinceMs > this.#limits.stallMs) this.#cut('no-progress')
  }

  /** The connection has closed. */
  close(): void {
    this.#isGone = true
    clearTimeout(this.#farewell)
    this.#kept.clear()
    this.#keptBytes = 0
  }

  /** Ends the stream in good order, when the collector stops. */
  end(): void {
    if (this.#isGone) return
    this.close()
    this.#sink.end()
  }

  /** The client is let in no longer: its stream ends with an object that says so; amid the initial list it is cut. */
  withdraw(): void {
    if (!this.#isOpen) this.#cut('withdrawn')
    if (this.#isGone) return
    this.close()
    this.#onCut('withdrawn')
    this.#sink.write(WITHDRAWN, () => undefined)
    this.#sink.end()
    this.#farewell = setTimeout(() => this.#sink.destroy(), FAREWELL_MS).unref()
  }

  #cut(cause: CutCause): void {
    if (this.#isGone) return
    this.close()
    this.#onCut(cause)
    // Without the last chunk, so that the client can tell a cut from an end.
    this.#sink.destroy()
  }

  #keep(frame: Frame): void {
    const former = this.#kept.get(frame.key)
    if (former !== undefined) {
      this.#keptBytes -= former.bytes.length
      this.#kept.delete(frame.key)
    } else {
      this.#keptBytes += FRAME_OVERHEAD_BYTES
    }
    this.#kept.set(frame.key, frame)
    this.#keptBytes += frame.bytes.length
  }

  #write(chunks: readonly (string | Buffer)[], onTaken?: () => void): void {
    this.#busySinceMs = performance.now()
    const last = chunks.length - 1
    for (const [index, chunk] of chunks.entries()) {
      this.#sink.write(chunk, failure => {
        if (index < last) return
        this.#busySinceMs = undefined
        if (failure) this.close()
        onTaken?.()
        this.#writeKept()
      })
    }
  }

  #writeKept(): void {
    if (!this.#isOpen || this.#isGone || this.#busySinceMs !== undefined || this.#kept.size === 0) return
    const chunks: Buffer[] = []
    let bytes = 0
    for (const [key, frame] of this.#kept) {
      if (bytes >= BYTES_PER_WRITE) break
      this.#kept.delete(key)
      this.#keptBytes -= frame.bytes.length + FRAME_OVERHEAD_BYTES
      chunks.push(frame.bytes)
      bytes += frame.bytes.length
    }
    this.#write(chunks)
  }
}
