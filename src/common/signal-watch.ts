import { EndWatch, type SignalSource } from './end-watch.ts'

/** The signals that a daemon lives by, while this is open: SIGTERM and SIGINT end it, SIGHUP makes it reload. */
export class SignalWatch extends EndWatch {
  /** Called at SIGHUP. */
  onReload: () => void = () => undefined
  readonly #source: SignalSource
  readonly #onHangup = (): void => this.onReload()

  constructor(source: SignalSource = process) {
    super(source)
    this.#source = source
    source.on('SIGHUP', this.#onHangup)
  }

  override close(): void {
    super.close()
    this.#source.off('SIGHUP', this.#onHangup)
  }
}
