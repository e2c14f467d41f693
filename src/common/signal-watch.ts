/** The signals that a daemon lives by, while this is open: SIGTERM and SIGINT end it, SIGHUP makes it reload. */
export class SignalWatch {
  /** Resolves with the first signal to end. */
  readonly end: Promise<NodeJS.Signals>
  /** Called at SIGHUP. */
  onReload: () => void = ignore
  /** Called when the signal to end comes again. */
  onImpatience: () => void = ignore
  #ended = false
  readonly #handlers: (readonly [NodeJS.Signals, NodeJS.SignalsListener])[]

  constructor() {
    const { promise, resolve } = Promise.withResolvers<NodeJS.Signals>()
    this.end = promise
    const end = (signal: NodeJS.Signals): void => {
      if (this.#ended) this.onImpatience()
      this.#ended = true
      resolve(signal)
    }
    this.#handlers = [
      ['SIGTERM', end],
      ['SIGINT', end],
      ['SIGHUP', () => this.onReload()],
    ]
    for (const [signal, handler] of this.#handlers) process.on(signal, handler)
  }

  /** Whether a signal to end has come. */
  get ended(): boolean {
    return this.#ended
  }

  /** Gives the signals back to their default actions. */
  close(): void {
    for (const [signal, handler] of this.#handlers) process.off(signal, handler)
  }
}

function ignore(): void {
  // until somebody asks to be told
}
