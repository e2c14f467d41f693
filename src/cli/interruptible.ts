import { EndWatch } from '../common/index.ts'

/**
 * Does work that SIGINT and SIGTERM interrupt. A signal that comes again while the work winds up, a second after the
 * first or later, ends the process at once, with exit code 1.
 *
 * @param work ends soon after its signal is aborted
 */
export async function interruptible<Result>(work: (interrupt: AbortSignal) => Promise<Result>): Promise<Result> {
  const signals = new EndWatch()
  signals.onImpatience = () => process.exit(1)
  const interrupt = new AbortController()
  void signals.end.then(() => interrupt.abort())
  try {
    return await work(interrupt.signal)
  } finally {
    signals.close()
  }
}
