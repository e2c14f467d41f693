/**
 * How long after the signal to end its repetitions are taken for the same telling. `timeout` signals its child and then
 * the child's whole process group, npm and wrapper scripts pass on a Ctrl-C that the terminal has already sent to
 * everybody; nobody who is tired of waiting is that quick.
 */
export const IMPATIENCE_AFTER_MS = 1000

/** Where signals come from: the process. */
export interface SignalSource {
  on(signal: NodeJS.Signals, listener: (signal: NodeJS.Signals) => void): unknown
  off(signal: NodeJS.Signals, listener: (signal: NodeJS.Signals) => void): unknown
}

/** The signals that a daemon lives by, while this is open: SIGTERM and SIGINT end it, SIGHUP makes it reload. */
export class SignalWatch {
  /** Resolves with the first signal to end. */
  readonly end: Promise<NodeJS.Signals>
  /** Called at SIGHUP. */
  onReload: () => void = ignore
  /** Called when a signal to end comes again, {@link IMPATIENCE_AFTER_MS} or more after the first. */
  onImpatience: () => void = ignore
  #ended = false
  #repetitionCounts = false
  #waiting: NodeJS.Timeout | undefined
  readonly #source: SignalSource
  readonly #handlers: (readonly [NodeJS.Signals, (signal: NodeJS.Signals) => void])[]

  constructor(source: SignalSource = process) {
    this.#source = source
    const { promise, resolve } = Promise.withResolvers<NodeJS.Signals>()
    this.end = promise
    const end = (signal: NodeJS.Signals): void => {
      if (this.#repetitionCounts) this.onImpatience()
      if (this.#ended) return
      this.#ended = true
      this.#letRepetitionsCountLater()
      resolve(signal)
    }
    this.#handlers = [
      ['SIGTERM', end],
      ['SIGINT', end],
      ['SIGHUP', () => this.onReload()],
    ]
    for (const [signal, handler] of this.#handlers) source.on(signal, handler)
  }

  /** Whether a signal to end has come. */
  get ended(): boolean {
    return this.#ended
  }

  /** Gives the signals back to their default actions. */
  close(): void {
    clearTimeout(this.#waiting)
    for (const [signal, handler] of this.#handlers) this.#source.off(signal, handler)
  }

  #letRepetitionsCountLater(): void {
    const count = (): void => {
      this.#repetitionCounts = true
    }
    // A busy process hears a repetition late. What came before the timer fired is heard before the immediate runs.
    this.#waiting = setTimeout(() => setImmediate(count), IMPATIENCE_AFTER_MS).unref()
  }
}

function ignore(): void {
  // until somebody asks to be told
}
