import type { FlowEvent } from './event.ts'
import type { FlowChange } from './flow.ts'
import type { SampleReport } from './sample.ts'

/** A source of flow events. */
export interface Plugin {
  /** Begins to emit; resolves once the source is open. */
  start(emit: (event: FlowEvent) => void): Promise<void>
  /** Resolves when nothing more will be emitted. Idempotent. */
  stop(): Promise<void>
}

/** A consumer of flow changes. Each has its own bounded queue, so a slow one delays no other. */
export interface Backend {
  /** Whether it is told of samples; by default it is not. */
  readonly wantsSamples?: boolean
  /** What keeps it from its work now, one phrase each, for health; absent or empty when nothing does. */
  readonly problems?: readonly string[]
  start(): Promise<void>
  handle(change: FlowChange): void | Promise<void>
  /** Resolves when everything is released. Idempotent. */
  stop(): Promise<void>
}

/**
 * A reader of the TCP statistics of flows. It learns of flows as a backend does, samples excepted, and reports what it
 * reads, from within `handle` or at any time between start and stop.
 */
export interface Enricher {
  start(report: (report: SampleReport) => void): Promise<void>
  handle(change: FlowChange): void
  /** Resolves when nothing more will be reported. Idempotent. */
  stop(): Promise<void>
}
