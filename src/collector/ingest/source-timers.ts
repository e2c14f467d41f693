/** The times that an event source is judged by, in milliseconds. */
export interface SourceTimers {
  /** Silence after which a source is shown as stale: five heartbeats. */
  staleAfterMs: number
  /** Silence after which a source is gone and its records end. */
  goneAfterMs: number
  /** How long the rest of an answer to a FLUSH may take once its root record came. */
  answerMs: number
  /** When to ask again a source that has not shown itself at all; doubled each time, up to a minute. */
  retryMs: number
  /**
   * From a FLUSH to the sweep, when it was answered; longer than the 5 s for which routers hold back the end of a flow.
   */
  sweepAfterMs: number
  /** The least time between two FLUSHes of one source; doubled while repairs follow each other. */
  flushIntervalMs: number
  /** A FLUSH without cause, against what was lost unseen. */
  periodicFlushMs: number
  /** The same for sources that do not number their messages (controllers): nothing else shows what was lost. */
  unnumberedFlushMs: number
  /** How late a copy of a message may come by another path. */
  duplicateWindowMs: number
}

export const SOURCE_TIMERS: SourceTimers = {
  staleAfterMs: 10_000,
  goneAfterMs: 30_000,
  answerMs: 2000,
  retryMs: 5000,
  sweepAfterMs: 6000,
  flushIntervalMs: 10_000,
  periodicFlushMs: 600_000,
  unnumberedFlushMs: 60_000,
  duplicateWindowMs: 2000,
}
