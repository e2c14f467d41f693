import { encodeFlowLabel, flowEntropy, flowKey, isMarkable, type TimestampUs } from '../../scitags/index.ts'
import type { FlowEvent, Usage } from '../event.ts'
import type { EndReason, Flow, FlowChange } from '../flow.ts'
import { type TcpSample, usageOf } from '../sample.ts'
import { RecentEnds } from './recent-ends.ts'
import { noSocketReading, type ReadSocket } from './socket-probe.ts'
import { SocketTotals } from './socket-totals.ts'

type EndChange = Extract<FlowChange, { kind: 'end' }>

/**
 * What became of an event: `repeated` is a start for a live flow with the same ids; `replaced` one with other ids,
 * which ended the old flow; `past` an end that tells of a whole flow that was never seen live. `late` (an end that is
 * known already, or what was sent before it), `unknown-end`, `foreign-end` (another host's word of a flow that this
 * host's own programs declared) and `table-full` changed nothing.
 */
export type Outcome =
  | 'started'
  | 'repeated'
  | 'replaced'
  | 'ongoing'
  | 'ended'
  | 'past'
  | 'late'
  | 'unknown-end'
  | 'foreign-end'
  | 'table-full'

/** A live flow, with what only the table needs to know of it. */
export interface LiveFlow extends Flow {
  /** On the clock that never jumps (`performance.now`). */
  lastSignMs: number
  /** Whether its socket was ever found on this host. */
  socketSeen: boolean
  /** See `FlowEvent`. */
  awaitsEnd: boolean
  /** When its socket was gone, while the end that a program tells of it is waited for. */
  socketGoneUs: TimestampUs | undefined
}

const NOT_GONE = { awaitsEnd: false, socketGoneUs: undefined } as const

export interface FlowTableSetup {
  maxFlows: number
  /** The application of flows whose event names none. */
  application: string
  /** Is told every change, in order. */
  onChange: (change: FlowChange) => void
  /** Reads what the socket of a flow has moved when the flow ends; else a flow has what was told of it last. */
  readSocket?: ReadSocket
  /** Replaces the wall clock, for tests. */
  nowUs?: () => TimestampUs
}

/**
 * The live flows, one for each 5-tuple. Events become changes here: starting is idempotent, a flow keeps its label and
 * start time for its life, and every start has exactly one end.
 */
export class FlowTable {
  readonly #setup: FlowTableSetup
  readonly #flows = new Map<string, LiveFlow>()
  readonly #recentEnds = new RecentEnds()
  readonly #sockets: SocketTotals
  readonly #nowUs: () => TimestampUs

  constructor(setup: FlowTableSetup) {
    this.#setup = setup
    this.#sockets = new SocketTotals(setup.readSocket ?? noSocketReading)
    this.#nowUs = setup.nowUs ?? (() => Date.now() * 1000)
  }

  get size(): number {
    return this.#flows.size
  }

  /** Ends at which the socket was not read, because there were too many at once. */
  get unreadEnds(): number {
    return this.#sockets.unread
  }

  /** The flow of a key (see `flowKey`), if it lives. */
  get(key: string): Flow | undefined {
    return this.#flows.get(key)
  }

  /** The same, for those who change it. */
  live(key: string): LiveFlow | undefined {
    return this.#flows.get(key)
  }

  /** The live flows, oldest first; flows may come and go meanwhile. */
  flows(): IterableIterator<LiveFlow> {
    return this.#flows.values()
  }

  /** Takes an event in and tells what it changes. */
  apply(event: FlowEvent): Outcome {
    const key = flowKey(event.flow)
    const live = this.#flows.get(key)
    if (live === undefined && event.state !== 'start' && this.#recentEnds.has(key, event.startTimeUs)) return 'late'
    if (event.state === 'end') return live === undefined ? this.#endUnseen(key, event) : this.#endByEvent(live, event)
    if (live?.socketGoneUs !== undefined && event.state === 'start') {
      this.end(live, 'socket')
      return this.apply(event)
    }
    if (live !== undefined && live.experiment === event.experiment && live.activity === event.activity) {
      return this.#refresh(live, event)
    }
    if (live !== undefined) this.#end(live, endOf(live, event, 'replaced'))
    else if (this.#flows.size >= this.#setup.maxFlows) return 'table-full'
    const flow = this.#create(key, event)
    this.#flows.set(key, flow)
    this.#setup.onChange(withBlocks({ kind: 'start', flow }, event))
    return live === undefined ? 'started' : 'replaced'
  }

  /**
   * Takes a flow back that was live before a restart. It is told as `resume`, or as `start` when its end was announced
   * meanwhile; its start time stays the true one.
   */
  takeBack(flow: Flow, socketSeen: boolean): void {
    const kind = flow.endTimeUs === undefined ? 'resume' : 'start'
    const live = { ...flow, ...NOT_GONE, endTimeUs: undefined, socketSeen, lastSignMs: performance.now() }
    this.#flows.set(flow.key, live)
    this.#setup.onChange({ kind, flow: live })
  }

  /** Takes in what an enricher read of a live flow's socket. */
  sample(flow: LiveFlow, sample: TcpSample): void {
    this.socketMoved(flow, usageOf(sample.tcpInfo))
    flow.socketSeen = true
    flow.lastSignMs = performance.now()
    this.#setup.onChange({ kind: 'sample', flow, sample })
  }

  /** Takes in what the socket of a live flow has moved in all, where that is known. */
  socketMoved(flow: LiveFlow, totals: Usage | undefined): void {
    if (totals === undefined) return
    const usage = since(flow.usageBefore, totals)
    const known = flow.socketUsage
    // The death of a socket may tell one byte less than it received (see `usageOf`).
    if (known !== undefined && known.sentBytes <= usage.sentBytes) {
      usage.receivedBytes = Math.max(known.receivedBytes, usage.receivedBytes)
    }
    flow.socketUsage = usage
    flow.usage = flow.socketUsage
  }

  /** Notes that the socket of a live flow is gone, whose end is still waited for. */
  socketGone(flow: LiveFlow): void {
    flow.socketGoneUs ??= this.#nowUs()
  }

  /** Ends a live flow now, or when its socket was gone. */
  end(flow: LiveFlow, reason: EndReason): void {
    this.#end(flow, { kind: 'end', flow, reason })
  }

  /** @param told what the one who ended the flow says that it moved */
  #end(flow: LiveFlow, change: EndChange, told?: Usage): void {
    this.#flows.delete(flow.key)
    if (change.reason !== 'socket' && flow.socketGoneUs === undefined) this.#readLast(flow)
    flow.usage = told ?? flow.usage
    flow.endTimeUs = this.#endTimeOf(flow)
    this.#recentEnds.note(flow, change.reason)
    this.#setup.onChange(change)
  }

  /** A clock that was set back, or that of another host, lets no flow end before it began. */
  #endTimeOf({ startTimeUs, endTimeUs, socketGoneUs }: LiveFlow): TimestampUs {
    return Math.max(startTimeUs, endTimeUs ?? socketGoneUs ?? this.#nowUs())
  }

  #readLast(flow: LiveFlow): void {
    const totals = this.#sockets.atEnd(flow)
    const isOfItsSocket =
      (totals?.sentBytes ?? 0) >= (flow.usageBefore?.sentBytes ?? 0) + (flow.socketUsage?.sentBytes ?? 0)
    // One that has sent less has taken the 5-tuple over.
    if (isOfItsSocket) this.socketMoved(flow, totals)
  }

  #endByEvent(live: LiveFlow, event: FlowEvent): Outcome {
    // The other host's daemon also tells an end when it stops.
    if (event.toldBy !== undefined && live.toldBy === undefined) return 'foreign-end'
    live.endTimeUs = event.endTimeUs
    this.#end(live, withBlocks(endOf(live, event, 'event'), event), event.usage)
    return 'ended'
  }

  /** An end without a start can be announced only if it says itself when the flow began. */
  #endUnseen(key: string, event: FlowEvent): Outcome {
    if (event.startTimeUs === undefined) return 'unknown-end'
    const flow = this.#create(key, event)
    flow.endTimeUs = event.endTimeUs
    flow.endTimeUs = this.#endTimeOf(flow)
    this.#recentEnds.note(flow, 'event')
    this.#setup.onChange(withBlocks(endOf(flow, event, 'event'), event))
    return 'past'
  }

  #refresh(live: LiveFlow, event: FlowEvent): Outcome {
    live.lastSignMs = performance.now()
    if (event.toldBy === undefined) live.toldBy = undefined
    live.awaitsEnd ||= event.awaitEnd === true
    if (event.usage !== undefined) live.usage = event.usage
    if (event.state === 'start') return 'repeated'
    this.#setup.onChange({ kind: 'ongoing', flow: live, event })
    return 'ongoing'
  }

  #create(key: string, event: FlowEvent): LiveFlow {
    const { flow: tuple, experiment, activity, origin, toldBy } = event
    const usageBefore = this.#sockets.before({ key, tuple })
    return {
      key,
      tuple,
      experiment,
      activity,
      application: event.application ?? this.#setup.application,
      label: isMarkable(experiment, activity)
        ? encodeFlowLabel({ experiment, activity, entropy: flowEntropy(event.entropyKey ?? key) })
        : undefined,
      origin,
      ...(toldBy === undefined ? {} : { toldBy }),
      startTimeUs: event.startTimeUs ?? this.#nowUs(),
      endTimeUs: undefined,
      usage: event.usage,
      ...(usageBefore === undefined ? {} : { usageBefore }),
      ...NOT_GONE,
      awaitsEnd: event.awaitEnd === true,
      lastSignMs: performance.now(),
      socketSeen: false,
    }
  }
}

function endOf(flow: Flow, { toldBy }: FlowEvent, reason: EndReason): EndChange {
  return { kind: 'end', flow, reason, ...(toldBy === undefined ? {} : { toldBy }) }
}

function withBlocks<Change extends FlowChange>(change: Change, { blocks }: FlowEvent): Change {
  return blocks === undefined ? change : { ...change, blocks }
}

function since(before: Usage | undefined, totals: Usage): Usage {
  if (before === undefined) return { ...totals }
  return {
    sentBytes: Math.max(0, totals.sentBytes - before.sentBytes),
    receivedBytes: Math.max(0, totals.receivedBytes - before.receivedBytes),
  }
}
