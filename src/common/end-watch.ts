/**
 * How long after the signal to end its repetitions are taken for the same telling. `timeout` signals its child and then
 * the child's whole process group, npm and wrapper scripts pass on a Ctrl-C that the terminal has already sent to
 * everybody; nobody who is tired of waiting is that quick.
 */
export const IMPATIENCE_AFTER_MS = 1000

type Listener = (signal: NodeJS.Signals) => void

/** Where signals come from: the process. */
export interface SignalSource {
  on(signal: NodeJS.Signals, listener: Listener): unknown
  off(signal: NodeJS.Signals, listener: Listener): unknown
}

const END_SIGNALS = ['SIGTERM', 'SIGINT'] as const

/** The signals to end, SIGTERM and SIGINT, while this is open. */
export class EndWatch {
  /** Resolves with the first signal to end. */
  readonly end: Promise<NodeJS.Signals>
  /** Called when a signal to end comes again, {@link IMPATIENCE_AFTER_MS} or more after the first. */
  onImpatience: () => void = () => undefined
  #ended = false
  #closed = false
  /** From the first signal on, until its repetitions count. */
  #inOneBreath = false
  readonly #source: SignalSource
  readonly #onSignal: Listener

  constructor(source: SignalSource = process) {
    this.#source = source
    const { promise, resolve } = Promise.withResolvers<NodeJS.Signals>()
    this.end = promise
    this.#onSignal = signal => {
      if (!this.#ended) this.#begin()
      else if (!this.#inOneBreath) this.onImpatience()
      resolve(signal)
    }
    for (const signal of END_SIGNALS) source.on(signal, this.#onSignal)
  }

  /** Whether a signal to end has come. */
  get ended(): boolean {
    return this.#ended
  }

  /**
   * Gives the signals back to their default actions; after a signal to end only when its repetitions would count, so
   * that one does not kill a process that is done and about to leave. Keeps no process from leaving.
   */
  close(): void {
    this.#closed = true
    if (!this.#inOneBreath) this.#release()
  }

  #begin(): void {
    this.#ended = true
    this.#inOneBreath = true
    const over = (): void => {
      this.#inOneBreath = false
      if (this.#closed) this.#release()
    }
    // A busy process hears a repetition late. What came before the timer fired is heard before the immediate runs.
    setTimeout(() => setImmediate(over), IMPATIENCE_AFTER_MS).unref()
  }

  #release(): void {
    for (const signal of END_SIGNALS) this.#source.off(signal, this.#onSignal)
  }
}
