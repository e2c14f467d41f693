import type { Metrics, StageAccount } from '../../common/index.ts'
import type { DecodeTally } from '../../vanflow/index.ts'
import type { ApplyOutcome } from '../graph/source.ts'
import type { FlushReason } from './source.ts'

/** Outcomes of the graph that mean that a record was taken. */
const TAKEN: ReadonlySet<ApplyOutcome> = new Set(['applied', 'unchanged', 'incomplete'])
/** Problems of the decoder that cost a whole record. */
const LOST_RECORD = ['not-a-map', 'malformed-record', 'no-type', 'no-identity', 'malformed-body'] as const
/** Problems that cost an attribute, or nothing. */
const NOTED = ['bad-key', 'wrong-type', 'time-out-of-range', 'unknown-attribute'] as const

/** What ingest counts. Records received are those taken plus those dropped by cause. */
export class VanCounters {
  /** Messages from the router: received when they come, passed when handled. */
  readonly messages: StageAccount
  readonly records: StageAccount
  readonly outcomes: Record<ApplyOutcome, number> = {
    applied: 0,
    unchanged: 0,
    incomplete: 0,
    'unknown-type': 0,
    capped: 0,
  }
  /** Attributes that were left out or are unknown, by cause. */
  readonly attributes: Record<(typeof NOTED)[number], number> = {
    'bad-key': 0,
    'wrong-type': 0,
    'time-out-of-range': 0,
    'unknown-attribute': 0,
  }
  readonly flushes: Record<FlushReason, number> = {
    first: 0,
    unanswered: 0,
    incomplete: 0,
    gap: 0,
    overflow: 0,
    periodic: 0,
  }
  flushesRefused = 0
  /** Message ids that never came. */
  missingMessages = 0
  repeatedMessages = 0
  restarts = 0
  sweptRecords = 0
  connects = 0
  failures = 0

  constructor(metrics: Metrics) {
    this.messages = metrics.stage('van-messages')
    this.records = metrics.stage('van-records')
  }

  /** Counts what the graph made of a record. */
  countOutcome(outcome: ApplyOutcome): void {
    this.records.received += 1
    this.outcomes[outcome] += 1
    if (TAKEN.has(outcome)) this.records.passed += 1
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
    for (const problem of NOTED) this.attributes[problem] += problems[problem] ?? 0
  }
}
