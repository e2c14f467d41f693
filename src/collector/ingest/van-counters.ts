import type { CounterMetric, GaugeMetric, Metrics, StageAccount } from '../../common/index.ts'
import type { DecodeProblem, DecodeTally } from '../../vanflow/index.ts'
import type { ApplyOutcome } from '../graph/source.ts'
import type { FlushReason } from './source.ts'

/** Outcomes of the graph that mean that a record was taken. */
const TAKEN: Readonly<Record<ApplyOutcome, boolean>> = {
  applied: true,
  unchanged: true,
  incomplete: true,
  'unknown-type': false,
  'closed-source': false,
  capped: false,
}
/** Problems of the decoder that cost a whole record. */
const LOST_RECORD: readonly DecodeProblem[] = [
  'not-a-map',
  'malformed-record',
  'no-type',
  'no-identity',
  'malformed-body',
]
/** Problems that cost an attribute, or nothing. */
const NOTED: readonly DecodeProblem[] = ['bad-key', 'wrong-type', 'time-out-of-range', 'unknown-attribute']

/**
 * What ingest counts, and exports as `tidemark_collector_van_…`. Messages received are those passed plus those dropped
 * by cause plus those that wait; records received are those that the graph took plus those dropped by cause.
 */
export class VanCounters {
  /** Messages from the router: received when they come, passed when handled. */
  readonly messages: StageAccount
  readonly records: StageAccount
  readonly flushes: Record<FlushReason, number> = {
    first: 0,
    unanswered: 0,
    incomplete: 0,
    gap: 0,
    overflow: 0,
    periodic: 0,
  }
  /** FLUSHes that the router could not deliver. */
  flushesRefused = 0
  /** Message ids that never came. */
  missingMessages = 0
  /** Copies of messages that came by another path. */
  repeatedMessages = 0
  restarts = 0
  sweptRecords = 0
  readonly #flushSeries: CounterMetric<'reason'>
  readonly #attributeSeries: CounterMetric<'problem'>
  readonly #upSeries: GaugeMetric<'source' | 'type'>

  constructor(metrics: Metrics) {
    this.messages = metrics.stage('van-messages')
    this.records = metrics.stage('van-records')
    const prefix = 'tidemark_collector_van'
    this.#flushSeries = metrics.counter(`${prefix}_flushes_total`, 'FLUSHes sent to sources.', ['reason'])
    this.#attributeSeries = metrics.counter(
      `${prefix}_attributes_noted_total`,
      'Attributes that were left out of a record, or kept by number because nobody knows them.',
      ['problem'],
    )
    this.#upSeries = metrics.gauge(
      `${prefix}_source_up`,
      'A router or controller: 1 while it is heard, 0 once it is silent (stale), until it counts as gone.',
      ['source', 'type'],
    )
    metrics.counterOf(
      `${prefix}_flushes_refused_total`,
      'FLUSHes that the router could not deliver.',
      () => this.flushesRefused,
    )
    metrics.counterOf(`${prefix}_messages_missing_total`, 'Message ids that never came.', () => this.missingMessages)
    metrics.counterOf(
      `${prefix}_messages_repeated_total`,
      'Copies of messages that came again.',
      () => this.repeatedMessages,
    )
    metrics.counterOf(`${prefix}_restarts_total`, 'Routers that restarted under the same id.', () => this.restarts)
    metrics.counterOf(
      `${prefix}_records_swept_total`,
      'Records that ended because the answer to a FLUSH did not mention them.',
      () => this.sweptRecords,
    )
  }

  /** Tells whether a source is heard; undefined once it is gone. */
  tellUp({ id, type }: { id: string; type: string }, isUp: boolean | undefined): void {
    const labels = { source: id, type }
    if (isUp === undefined) this.#upSeries.remove(labels)
    else this.#upSeries.labels(labels).set(isUp ? 1 : 0)
  }

  countFlush(reason: FlushReason): void {
    this.flushes[reason] += 1
    this.#flushSeries.labels({ reason }).inc()
  }

  /** Counts what the graph made of a record. */
  countOutcome(outcome: ApplyOutcome): void {
    this.records.received += 1
    if (TAKEN[outcome]) this.records.passed += 1
    else this.records.drop(outcome)
  }

  /** Counts what the decoder could not take as it stood. */
  countProblems(problems: DecodeTally): void {
    for (const problem of LOST_RECORD) {
      const count = problems[problem] ?? 0
      if (count === 0) continue
      this.records.received += count
      this.records.drop(problem, count)
    }
    for (const problem of NOTED) {
      const count = problems[problem] ?? 0
      if (count > 0) this.#attributeSeries.labels({ problem }).inc(count)
    }
  }
}
