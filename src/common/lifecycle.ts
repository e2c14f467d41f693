import { messageOf } from './errors/index.ts'
import type { Logger } from './log.ts'

/** Something with an explicit beginning and end. `stop` may be called twice and resolves when all is released. */
export interface Service {
  start(): Promise<void>
  stop(): Promise<void>
}

/**
 * Starts services in order and stops them in reverse. When one fails to start, those before it are stopped again
 * before the failure is thrown on, so nothing half-started is left behind.
 */
export class ServiceGroup implements Service {
  readonly #services: readonly Service[]
  readonly #log: Logger
  #started: Service[] = []

  /** @param log takes what goes wrong while a failed start is cleaned up */
  constructor(services: readonly Service[], log: Logger) {
    this.#services = services
    this.#log = log
  }

  /** Rejects with why the first service that failed did not start, whatever happens in the clean-up. */
  async start(): Promise<void> {
    for (const service of this.#services) {
      try {
        await service.start()
      } catch (error) {
        for (const failure of await this.#stopEach()) {
          this.#log.error({ reason: messageOf(failure) }, 'what had started already did not stop cleanly')
        }
        throw error
      }
      this.#started.push(service)
    }
  }

  /** Stops every started service even when one fails to; throws an AggregateError of what failed. */
  async stop(): Promise<void> {
    const failures = await this.#stopEach()
    if (failures.length === 0) return
    const reasons = failures.map(messageOf).join('; ')
    throw new AggregateError(failures, `some services did not stop cleanly: ${reasons}`)
  }

  async #stopEach(): Promise<unknown[]> {
    const stopping = this.#started.reverse()
    this.#started = []
    const failures: unknown[] = []
    for (const service of stopping) {
      try {
        await service.stop()
      } catch (error) {
        failures.push(error)
      }
    }
    return failures
  }
}
