import type { FlowEvent, Usage } from './event.ts'
import type { FiveTuple } from './five-tuple.ts'

/** Why a flow ended. */
export type EndReason = 'event' | 'replaced' | 'socket' | 'silence' | 'shutdown' | 'restart'

/** One live or just-ended entry of the flow table. */
export interface Flow {
  /** `flowKey` of the tuple. */
  readonly key: string
  readonly tuple: FiveTuple
  readonly experiment: number
  readonly activity: number
  readonly application: string
  /** The 20-bit IPv6 flow label, entropy included; undefined when the ids cannot be marked. */
  readonly label: number | undefined
  readonly origin: string
  readonly startTime: Date
  endTime: Date | undefined
  usage: Usage | undefined
}

/** What the flow table tells its backends. */
export type FlowChange =
  | { kind: 'start'; flow: Flow }
  | { kind: 'ongoing'; flow: Flow; event: FlowEvent }
  | { kind: 'end'; flow: Flow; reason: EndReason }
