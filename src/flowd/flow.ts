import type { FiveTuple, TimestampUs } from '../scitags/index.ts'
import type { FlowEvent, ForeignBlocks, Teller, Usage } from './event.ts'
import type { TcpSample } from './sample.ts'

/**
 * Why a flow ended. `shutdown`: only because flowd stops; the next start goes on with it, as a start, when its socket
 * lives still. `off`: the plugin that told of it was turned off.
 */
export type EndReason = 'event' | 'replaced' | 'socket' | 'silence' | 'shutdown' | 'restart' | 'off'

/** One live or just-ended entry of the flow table. */
export interface Flow {
  /** `flowKey` of the tuple. */
  readonly key: string
  readonly tuple: FiveTuple
  readonly experiment: number
  readonly activity: number
  /** The program that moves the data; this program where nobody said. */
  readonly application: string
  /** The 20-bit IPv6 flow label, entropy included; undefined when the ids cannot be marked. */
  readonly label: number | undefined
  readonly origin: string
  readonly startTimeUs: TimestampUs
  endTimeUs: TimestampUs | undefined
  usage: Usage | undefined
  /** What its socket moved since the flow began, as the kernel told last. */
  socketUsage?: Usage
  /** What its socket had moved for other flows before. */
  readonly usageBefore?: Usage
  /** The other host that told of it, while nobody here did. */
  toldBy?: Teller | undefined
}

/**
 * What the flow table tells its backends. `resume` names a live flow that a backend has not seen, but that is not new:
 * after a restart, or when the backend itself is new. It is to be marked, not announced again. `sample` goes only to
 * those that want it, and may be left out when they fall behind.
 */
export type FlowChange =
  | { kind: 'start'; flow: Flow; blocks?: ForeignBlocks }
  | { kind: 'resume'; flow: Flow }
  | { kind: 'ongoing'; flow: Flow; event: FlowEvent }
  | { kind: 'sample'; flow: Flow; sample: TcpSample }
  | { kind: 'end'; flow: Flow; reason: EndReason; blocks?: ForeignBlocks; toldBy?: Teller }
