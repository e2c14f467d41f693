import type { CounterSeries, Metrics, StageAccount } from '../../common/index.ts'
import type { Outcome } from '../flow-table/index.ts'

/** Every outcome, and whether the event is lost by it. */
const IS_LOST: Readonly<Record<Outcome, boolean>> = {
  started: false,
  repeated: false,
  replaced: false,
  ongoing: false,
  ended: false,
  past: false,
  late: false,
  'unknown-end': true,
  'foreign-end': true,
  'table-full': true,
}

/** Counts events by what became of them: as the stage `flow table`, and by outcome. */
export class EventCounters {
  readonly #account: StageAccount
  readonly #outcomes: Readonly<Record<Outcome, CounterSeries>>

  constructor(metrics: Metrics) {
    this.#account = metrics.stage('flow table')
    const counter = metrics.counter('tidemark_flowd_events_total', 'Events by what became of them.', ['outcome'])
    const series = Object.keys(IS_LOST).map(outcome => [outcome, counter.labels({ outcome })] as const)
    this.#outcomes = Object.fromEntries(series) as Record<Outcome, CounterSeries>
  }

  /** An event has come. */
  received(): void {
    this.#account.received += 1
  }

  /** It came while no events are taken. */
  stopped(): void {
    this.#account.drop('stopped')
  }

  /** The flow table took it. */
  became(outcome: Outcome): void {
    this.#outcomes[outcome].inc()
    if (IS_LOST[outcome]) this.#account.drop(outcome)
    else this.#account.passed += 1
  }
}
