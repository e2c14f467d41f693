import { Graph, type RetentionLimits } from '../../src/collector/graph/index.ts'
import { type Clock, SOURCE_TIMERS, systemClock, VanIngest } from '../../src/collector/ingest/index.ts'
import { Metrics, silentLogger } from '../../src/common/index.ts'

/** What is sure to come has so long on a machine that is busy, whatever the collector's clock says. */
export const PATIENCE_MS = 120_000

/** Ingest and graph as the collector joins them, without its API, attached to a port on loopback. */
export class CollectorUnderTest {
  readonly metrics = new Metrics({ prefix: 'test' })
  readonly graph: Graph
  readonly ingest: VanIngest
  readonly #clock: Clock
  #expiry: (() => void) | undefined

  constructor(port: number, clock: Clock = systemClock, retention: Partial<RetentionLimits> = {}) {
    this.#clock = clock
    this.graph = new Graph({ nowUs: () => clock.nowUs(), ...retention })
    const options = {
      endpoint: { host: '127.0.0.1', port, sasl: {}, origin: 'the test' },
      connection: { credit: 2000, idleTimeoutMs: 4000, openTimeoutMs: 4000, firstDelayMs: 250, longestDelayMs: 2000 },
      inbox: { maxMessages: 100_000, maxBytes: 2 ** 27 },
      timers: SOURCE_TIMERS,
      maxSources: 10_000,
    }
    this.ingest = new VanIngest(options, { port: this.graph, clock, metrics: this.metrics, log: silentLogger })
  }

  async start(): Promise<void> {
    this.#expireLater()
    await this.ingest.start()
  }

  async stop(): Promise<void> {
    this.#expiry?.()
    await this.ingest.stop()
  }

  /**
   * Waits until a condition holds, at most so many milliseconds of the collector's clock; a machine that is busy has its
   * own time in any case.
   */
  async until(condition: () => boolean, withinMs = 10_000): Promise<void> {
    const deadlineUs = this.#clock.nowUs() + withinMs * 1000
    const patientUntilMs = performance.now() + PATIENCE_MS
    while (!condition()) {
      if (this.#clock.nowUs() > deadlineUs && performance.now() > patientUntilMs)
        throw new Error(`not so after ${withinMs} ms: ${condition}`)
      await this.pass(50)
    }
  }

  /** Waits for so many milliseconds of the collector's clock. */
  pass(ms: number): Promise<void> {
    return new Promise(resolve => this.#clock.after(ms, resolve))
  }

  /** How many sources the collector knows. */
  sources(): number {
    const { gone: _, ...known } = this.ingest.status.sources
    return Object.values(known).reduce((sum, count) => sum + count, 0)
  }

  /** What the accounts do not explain: 0 when everything received was passed on or dropped by cause. */
  unaccounted(): number {
    return [...this.metrics.stages.values()].reduce(
      (sum, stage) => sum + Math.abs(stage.received - stage.passed - stage.dropped()),
      0,
    )
  }

  #expireLater(): void {
    this.#expiry = this.#clock.after(1000, () => {
      this.graph.expire(this.#clock.nowUs())
      this.#expireLater()
    })
  }
}
