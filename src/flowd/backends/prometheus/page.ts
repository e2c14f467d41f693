import type { FlowChange } from '../../flow.ts'

/** What one address shows of the flows. */
export interface Page {
  /** How many flows have series of their own. */
  readonly shown: number
  /** How many found no room for them. */
  readonly refused: number
  handle(change: FlowChange): void
  /** The text, piece by piece; flows may come and go between two of them. */
  parts(): Iterable<string>
}
