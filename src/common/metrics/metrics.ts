import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client'
import { CappedMetric } from './capped.ts'
import { StageAccount } from './stage.ts'

export interface CounterSeries {
  inc(by?: number): void
}

export interface GaugeSeries {
  set(value: number): void
  inc(by?: number): void
  dec(by?: number): void
}

export type CounterMetric<Name extends string> = CappedMetric<Name, CounterSeries>
export type GaugeMetric<Name extends string> = CappedMetric<Name, GaugeSeries>

export interface MetricsOptions {
  /** Begins the names of what the role counts about itself: `tidemark_flowd`, `tidemark_collector`. */
  prefix: string
  /** How many series one metric may have. */
  maxSeries?: number
  /** Also export Node's own figures (`process_*`, `nodejs_*`). */
  processMetrics?: boolean
}

const DEFAULT_MAX_SERIES = 10_000

/**
 * The metrics of one process. Components are handed this object and make their own metrics; the names they give are
 * whole names, so that those of a predecessor can be kept.
 */
export class Metrics {
  readonly #registry = new Registry()
  readonly #prefix: string
  readonly #maxSeries: number
  readonly #stages = new Map<string, StageAccount>()
  readonly #capped: Counter<'metric'>

  constructor({ prefix, maxSeries = DEFAULT_MAX_SERIES, processMetrics = false }: MetricsOptions) {
    this.#prefix = prefix
    this.#maxSeries = maxSeries
    this.#capped = new Counter({
      name: `${prefix}_series_refused_total`,
      help: 'Uses of a series that a metric refused to open because it has its maximum of series.',
      labelNames: ['metric'],
      registers: [this.#registry],
    })
    this.#exportStages()
    if (processMetrics) collectDefaultMetrics({ register: this.#registry })
  }

  /** The type of `text()`, for the Content-Type header. */
  get contentType(): string {
    return this.#registry.contentType
  }

  /** Everything in the Prometheus text format. */
  text(): Promise<string> {
    return this.#registry.metrics()
  }

  counter<Name extends string = never>(
    name: string,
    help: string,
    labelNames: readonly Name[] = [],
  ): CounterMetric<Name> {
    const counter = new Counter<Name>({ name, help, labelNames, registers: [this.#registry] })
    const none: CounterSeries = { inc: ignore }
    return this.#cap(
      name,
      labelNames,
      none,
      labels => counter.labels(labels),
      labels => counter.remove(labels),
    )
  }

  gauge<Name extends string = never>(name: string, help: string, labelNames: readonly Name[] = []): GaugeMetric<Name> {
    const gauge = new Gauge<Name>({ name, help, labelNames, registers: [this.#registry] })
    const none: GaugeSeries = { set: ignore, inc: ignore, dec: ignore }
    return this.#cap(
      name,
      labelNames,
      none,
      labels => gauge.labels(labels),
      labels => gauge.remove(labels),
    )
  }

  /** A gauge without labels that is read when the metrics are scraped. */
  gaugeOf(name: string, help: string, read: () => number): void {
    new Gauge({
      name,
      help,
      registers: [this.#registry],
      collect() {
        this.set(read())
      },
    })
  }

  /** A counter without labels whose count is kept elsewhere (in a map of the kernel, say) and read when scraped. */
  counterOf(name: string, help: string, read: () => number): void {
    new Counter({
      name,
      help,
      registers: [this.#registry],
      collect() {
        this.reset()
        this.inc(read())
      },
    })
  }

  /**
   * The account of one stage, exported as `<prefix>_received_total{stage}`, `<prefix>_passed_total{stage}` and
   * `<prefix>_dropped_total{stage,cause}`. Asking again for a name gives the same account.
   */
  stage(name: string): StageAccount {
    const known = this.#stages.get(name)
    if (known !== undefined) return known
    const account = new StageAccount()
    this.#stages.set(name, account)
    return account
  }

  /** The accounts of all stages by name. */
  get stages(): ReadonlyMap<string, StageAccount> {
    return this.#stages
  }

  /** Removes a metric, when the component that made it ends before the process does. */
  remove(name: string): void {
    this.#registry.removeSingleMetric(name)
  }

  #cap<Name extends string, Series>(
    name: string,
    labelNames: readonly Name[],
    none: Series,
    open: (labels: Readonly<Record<Name, string>>) => Series,
    close: (labels: Readonly<Record<Name, string>>) => void,
  ): CappedMetric<Name, Series> {
    const onCapped = () => this.#capped.labels(name).inc()
    return new CappedMetric({ labelNames, open, close, none, maxSeries: this.#maxSeries, onCapped })
  }

  #exportStages(): void {
    const stages = this.#stages
    const registers = [this.#registry]
    new Counter({
      name: `${this.#prefix}_received_total`,
      help: 'What a stage took in.',
      labelNames: ['stage'],
      registers,
      collect() {
        this.reset()
        for (const [stage, account] of stages) this.labels(stage).inc(account.received)
      },
    })
    new Counter({
      name: `${this.#prefix}_passed_total`,
      help: 'What a stage passed on.',
      labelNames: ['stage'],
      registers,
      collect() {
        this.reset()
        for (const [stage, account] of stages) this.labels(stage).inc(account.passed)
      },
    })
    new Counter({
      name: `${this.#prefix}_dropped_total`,
      help: 'What a stage dropped, by cause.',
      labelNames: ['stage', 'cause'],
      registers,
      collect() {
        this.reset()
        for (const [stage, account] of stages) {
          for (const [cause, count] of account.droppedByCause) this.labels(stage, cause).inc(count)
        }
      },
    })
  }
}

function ignore(): void {
  // a series beyond the cap records nothing
}
