import { closeSync, readSync } from 'node:fs'
import { Socket } from 'node:net'
import { codeOf, isTidemarkError, LogThrottle, messageOf, type StageAccount } from '../../../common/index.ts'
import type { ParseFailure } from '../../../scitags/index.ts'
import type { Plugin } from '../../components.ts'
import type { FlowEvent } from '../../event.ts'
import { eventLineError, readEventLine, splitRunTogether } from '../../events/index.ts'
import type { UnitContext } from '../../unit.ts'
import { type Fifo, isInPlace, openFifo, removeFifo } from './fifo.ts'
import { LineSplitter, MAX_LINE_BYTES } from './line-splitter.ts'
import type { NamedPipeOptions } from './options.ts'

const ORIGIN = 'namedPipe'
const READ_BYTES = 65_536

/** The most that a FIFO holds (fs.pipe-max-size, as the kernel has it). */
const FIFO_BYTES = 1 << 20

/** How often the plugin looks whether the FIFO is still at its path. */
const LOOK_MS = 2000

/** A whole event whose line feed does not come for so long is taken as a line: its writer forgot it. */
const PATIENCE_MS = 5000

/** Reads events from a FIFO, a line each. */
export class NamedPipe implements Plugin {
  readonly #options: NamedPipeOptions
  readonly #context: UnitContext
  readonly #account: StageAccount
  readonly #warnings: LogThrottle
  readonly #splitter = new LineSplitter(
    line => this.#take(line),
    () => this.#refuseTooLong(),
  )
  #emit: (event: FlowEvent) => void = () => undefined
  #fifo: Fifo | undefined
  #socket: Socket | undefined
  #look: NodeJS.Timeout | undefined
  #patience: NodeJS.Timeout | undefined

  constructor(options: NamedPipeOptions, context: UnitContext) {
    this.#options = options
    this.#context = context
    this.#account = context.metrics.stage(`plugin ${ORIGIN}`)
    this.#warnings = new LogThrottle(context.log)
  }

  async start(emit: (event: FlowEvent) => void): Promise<void> {
    this.#emit = emit
    this.#open()
    this.#look = setInterval(() => this.#lookAfterFifo(), LOOK_MS)
  }

  /** Takes what was written until now, then closes the FIFO. */
  async stop(): Promise<void> {
    clearInterval(this.#look)
    clearTimeout(this.#patience)
    const fifo = this.#fifo
    this.#fifo = undefined
    if (fifo === undefined) return
    this.#socket?.pause()
    this.#readWhatIsLeft(fifo)
    this.#take(this.#splitter.rest)
    this.#warnings.flush()
    await this.#closeSocket()
    removeFifo(this.#options.pipePath, fifo)
  }

  /** @throws TidemarkError PIPE_NOT_FIFO, PIPE_IN_USE, PIPE_UNUSABLE, ACCOUNT_UNKNOWN */
  #open(): void {
    const fifo = openFifo(this.#options)
    const buffer = Buffer.alloc(READ_BYTES)
    let socket: Socket
    try {
      socket = new Socket({
        fd: fifo.fd,
        readable: true,
        writable: false,
        onread: {
          buffer,
          callback: length => this.#receive(buffer.subarray(0, length)),
        },
      })
    } catch (error) {
      closeSync(fifo.fd)
      throw error
    }
    socket.on('error', error => this.#context.log.error({ reason: messageOf(error) }, 'the pipe cannot be read'))
    socket.resume()
    this.#fifo = fifo
    this.#socket = socket
  }

  /** Takes bytes, then lets the rest of the program have its turn: who writes faster than that waits. */
  #receive(bytes: Buffer): boolean {
    this.#splitter.push(bytes)
    clearTimeout(this.#patience)
    if (this.#splitter.isInsideLine) this.#patience = setTimeout(() => this.#takeRest(), PATIENCE_MS)
    const socket = this.#socket
    socket?.pause()
    setImmediate(() => socket?.resume())
    return true
  }

  /** Takes the beginning of a line as a whole one, if it is a whole event. */
  #takeRest(): void {
    const { rest } = this.#splitter
    const isWhole = (line: string) => readEventLine(line, this.#context.registry.current, ORIGIN).ok
    if (!isWhole(rest) && !splitRunTogether(rest)?.every(isWhole)) return
    this.#splitter.forget()
    this.#take(rest)
  }

  #take(line: string): void {
    if (line.trim() === '') return
    const read = readEventLine(line, this.#context.registry.current, ORIGIN)
    if (!read.ok) {
      const lines = splitRunTogether(line)
      if (lines === undefined) this.#refuse(line, read)
      else for (const part of lines) this.#take(part)
      return
    }
    this.#account.received += 1
    this.#account.passed += 1
    for (const warning of read.value.warnings)
      this.#warnings.warn(() => [{ line, path: this.#options.pipePath }, warning])
    this.#emit(read.value.event)
  }

  #refuse(line: string, failure: ParseFailure): void {
    this.#account.received += 1
    this.#account.drop(failure.field === 'experiment' || failure.field === 'activity' ? 'ids' : 'syntax')
    this.#warn(line, failure)
  }

  #refuseTooLong(): void {
    this.#account.received += 1
    this.#account.drop('too-long')
    this.#warn('…', { ok: false, field: '', problem: `longer than ${MAX_LINE_BYTES} bytes` })
  }

  #warn(line: string, failure: ParseFailure): void {
    this.#warnings.warn(() => {
      const { message, remedy } = eventLineError(failure)
      return [{ line, path: this.#options.pipePath, remedy }, message]
    })
  }

  #lookAfterFifo(): void {
    const path = this.#options.pipePath
    const fifo = this.#fifo
    if (fifo === undefined) return
    try {
      if (isInPlace(path, fifo)) return
      this.#readWhatIsLeft(fifo)
      const old = this.#socket
      this.#open()
      old?.destroy()
      this.#context.log.warn({ path }, 'the FIFO was removed by somebody else; it is there again')
    } catch (error) {
      const remedy = isTidemarkError(error) ? error.remedy : ''
      this.#warnings.warn(() => [{ path, remedy }, messageOf(error)])
    }
  }

  /** Reads what is there now; who goes on writing does not keep the rest of the program from its turn. */
  #readWhatIsLeft({ fd }: Fifo): void {
    const buffer = Buffer.alloc(READ_BYTES)
    for (let read = 0; read < FIFO_BYTES; read += READ_BYTES) {
      let length: number
      try {
        length = readSync(fd, buffer)
      } catch (error) {
        if (codeOf(error) === 'EAGAIN') return
        throw error
      }
      this.#splitter.push(buffer.subarray(0, length))
    }
  }

  async #closeSocket(): Promise<void> {
    const socket = this.#socket
    this.#socket = undefined
    if (socket === undefined || socket.closed) return
    const closed = new Promise(resolve => socket.once('close', resolve))
    socket.destroy()
    await closed
  }
}
