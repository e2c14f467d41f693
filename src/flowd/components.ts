import type { FlowEvent } from './event.ts'
import type { FlowChange } from './flow.ts'

/** A source of flow events. */
export interface Plugin {
  /** Begins to emit; resolves once the source is open. */
  start(emit: (event: FlowEvent) => void): Promise<void>
  /** Resolves when nothing more will be emitted. Idempotent. */
  stop(): Promise<void>
}

/** A consumer of flow changes. Each has its own bounded queue, so a slow one delays no other. */
export interface Backend {
  start(): Promise<void>
  handle(change: FlowChange): void | Promise<void>
  /** Resolves when everything is released. Idempotent. */
  stop(): Promise<void>
}
