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
  #started: Service[] = []

  constructor(services: readonly Service[]) {
    this.#services = services
  }

  async start(): Promise<void> {
    for (const service of this.#services) {
      try {
        await service.start()
      } catch (error) {
        await this.stop()
        throw error
      }
      this.#started.push(service)
    }
  }

  /** Stops every started service even when one fails to; throws an AggregateError of what failed. */
  async stop(): Promise<void> {
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
    if (failures.length > 0) throw new AggregateError(failures, 'some services did not stop cleanly')
  }
}
