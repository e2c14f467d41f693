import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client'
import { CappedMetric, type Labels, type SeriesSource } from './capped.ts'
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
  /** How many series one metric may have, by default 10,000. */
  maxSeries?: number
  /** Also export Node's own figures (`process_*`, `nodejs_*`). */
  processMetrics?: boolean
}

const DEFAULT_MAX_SERIES = 10_000

/** Gauges of prom-client that are named as counters are; each is the sum of another gauge. */
const MISNAMED = ['handles', 'requests', 'resources'].map(what => `nodejs_active_${what}_total`)

/**
 * The metrics of one process. Components are handed this object and make their own metrics; the names they give are
 * whole names, so that those of a predecessor can be kept. Asking again for a name gives the same metric (and a new
 * reader replaces the old), so a component that is restarted goes on counting where it was.
 */
export class Metrics {
  readonly #registry = new Registry()
  readonly #prefix: string
  readonly #maxSeries: number
  readonly #stages = new Map<string, StageAccount>()
  readonly #metrics = new Map<string, CappedMetric<string, unknown>>()
  readonly #readers = new Map<string, () => number>()
  readonly #refused: Counter<'metric'>

  constructor({ prefix, maxSeries = DEFAULT_MAX_SERIES, processMetrics = false }: MetricsOptions) {
    this.#prefix = prefix
    this.#maxSeries = maxSeries
    this.#refused = new Counter({
      name: `${prefix}_series_refused_total`,
      help: 'Uses of a series that a metric refused to open because it has its maximum of series.',
      labelNames: ['metric'],
      registers: [this.#registry],
    })
    this.#exportStages()
    if (!processMetrics) return
    collectDefaultMetrics({ register: this.#registry })
    for (const name of MISNAMED) this.#registry.removeSingleMetric(name)
  }

  /** The type of `text()`, for the Content-Type header. */
  get contentType(): string {
    return this.#registry.contentType
  }

  /** Everything in the Prometheus text format. */
  text(): Promise<string> {
    return this.#registry.metrics()
  }

  /** A counter with labels; its name ends in `_total`. */
  counter<Name extends string = never>(
    name: string,
    help: string,
    labelNames: readonly Name[] = [],
  ): CounterMetric<Name> {
    return this.#once(name, () => {
      const counter = new Counter<Name>({ name, help, labelNames, registers: [this.#registry] })
      return {
        labelNames,
        open: (labels: Labels<Name>): CounterSeries => counter.labels(labels),
        close: (labels: Labels<Name>) => counter.remove(labels),
        none: { inc: ignore },
      }
    })
  }

  /** A gauge with labels. */
  gauge<Name extends string = never>(name: string, help: string, labelNames: readonly Name[] = []): GaugeMetric<Name> {
    return this.#once(name, () => {
      const gauge = new Gauge<Name>({ name, help, labelNames, registers: [this.#registry] })
      return {
        labelNames,
        open: (labels: Labels<Name>): GaugeSeries => gauge.labels(labels),
        close: (labels: Labels<Name>) => gauge.remove(labels),
        none: { set: ignore, inc: ignore, dec: ignore },
      }
    })
  }

  /** A gauge without labels that is read when the metrics are scraped. */
  gaugeOf(name: string, help: string, read: () => number): void {
    const readers = this.#readers
    const known = readers.has(name)
    readers.set(name, read)
    if (known) return
    new Gauge({
      name,
      help,
      registers: [this.#registry],
      collect() {
        this.set(readers.get(name)?.() ?? 0)
      },
    })
  }

  /** A counter without labels whose count is kept elsewhere (in a map of the kernel, say) and read when scraped. */
  counterOf(name: string, help: string, read: () => number): void {
    const readers = this.#readers
    const known = readers.has(name)
    readers.set(name, read)
    if (known) return
    new Counter({
      name,
      help,
      registers: [this.#registry],
      collect() {
        this.reset()
        this.inc(readers.get(name)?.() ?? 0)
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

  /** The metrics without labels that are read when they are asked for, by name. */
  figures(): Record<string, number> {
    return Object.fromEntries(Array.from(this.#readers, ([name, read]) => [name, read()]))
  }

  /** Removes a metric, when the component that made it ends before the process does. */
  remove(name: string): void {
    this.#metrics.delete(name)
    this.#readers.delete(name)
    this.#registry.removeSingleMetric(name)
  }

  #once<Name extends string, Series>(
    name: string,
    make: () => Omit<SeriesSource<Name, Series>, 'maxSeries' | 'onCapped'>,
  ): CappedMetric<Name, Series> {
    const known = this.#metrics.get(name)
    // A name belongs to one metric with one set of labels, which is the caller's to keep.
    if (known !== undefined) return known as CappedMetric<Name, Series>
    const onCapped = () => this.#refused.labels(name).inc()
    const metric = new CappedMetric({ ...make(), maxSeries: this.#maxSeries, onCapped })
    this.#metrics.set(name, metric)
    return metric
  }

  #exportStages(): void {
    const stages = this.#stages
    const registers = [this.#registry]
    for (const [count, help] of [
      ['received', 'What a stage took in.'],
      ['passed', 'What a stage passed on.'],
    ] as const) {
      new Counter({
        name: `${this.#prefix}_${count}_total`,
        help,
        labelNames: ['stage'],
        registers,
        collect() {
          this.reset()
          for (const [stage, account] of stages) this.labels(stage).inc(account[count])
        },
      })
    }
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
