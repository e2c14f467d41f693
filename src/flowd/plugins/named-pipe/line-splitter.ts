const LINE_FEED = 0x0a

/** Longer than any line that means something; also what one write to a FIFO delivers in one piece (PIPE_BUF). */
export const MAX_LINE_BYTES = 4096

/** Cuts a stream of bytes into lines. A line that is too long is left out, and costs no other. */
export class LineSplitter {
  readonly #onLine: (line: string) => void
  readonly #onTooLong: () => void
  #rest: Buffer = Buffer.alloc(0)
  /** Inside a line that is too long, until its end. */
  #skipping = false

  constructor(onLine: (line: string) => void, onTooLong: () => void) {
    this.#onLine = onLine
    this.#onTooLong = onTooLong
  }

  /** Whether a line has begun whose end has not come. */
  get isInsideLine(): boolean {
    return this.#rest.length > 0
  }

  /** The beginning of that line. */
  get rest(): string {
    return this.#rest.toString()
  }

  /** Takes the next bytes, whose memory may be used again afterwards. */
  push(bytes: Buffer): void {
    let start = 0
    if (this.#skipping || this.#rest.length > 0) {
      const end = bytes.indexOf(LINE_FEED)
      if (end === -1) {
        this.#keep(bytes)
        return
      }
      if (!this.#skipping) this.#line(Buffer.concat([this.#rest, bytes.subarray(0, end)]))
      this.forget()
      start = end + 1
    }
    const last = bytes.lastIndexOf(LINE_FEED)
    if (last >= start) this.#lines(bytes, start, last)
    this.#keep(bytes.subarray(Math.max(last + 1, start)))
  }

  /** Forgets the beginning of a line, because it was taken as a whole one. */
  forget(): void {
    this.#rest = Buffer.alloc(0)
    this.#skipping = false
  }

  #lines(bytes: Buffer, start: number, end: number): void {
    for (const line of bytes.toString('utf8', start, end).split('\n')) {
      if (isShort(line)) this.#onLine(line)
      else this.#onTooLong()
    }
  }

  #line(bytes: Buffer): void {
    if (bytes.length <= MAX_LINE_BYTES) this.#onLine(bytes.toString())
    else this.#onTooLong()
  }

  #keep(bytes: Buffer): void {
    if (this.#skipping || bytes.length === 0) return
    if (this.#rest.length + bytes.length <= MAX_LINE_BYTES) this.#rest = Buffer.concat([this.#rest, bytes])
    else {
      this.#rest = Buffer.alloc(0)
      this.#skipping = true
      this.#onTooLong()
    }
  }
}

/** Whether a line is no longer than it may be. A character has three bytes at most, so that few lines need counting. */
function isShort(line: string): boolean {
  return line.length * 3 <= MAX_LINE_BYTES || Buffer.byteLength(line) <= MAX_LINE_BYTES
}
