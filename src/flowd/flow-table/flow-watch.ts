import type { Service, StageAccount } from '../../common/index.ts'
import type { SocketProtocol, SocketRecord } from '../../linux/index.ts'
import { flowKey, isEveryFlow } from '../../scitags/index.ts'
import type { Usage } from '../event.ts'
import type { FlowChange } from '../flow.ts'
import { usageOf } from '../sample.ts'
import type { FlowTable, LiveFlow } from './flow-table.ts'
import { FlowsByPort } from './flows-by-port.ts'
import { Recent } from './recent.ts'
import type { FollowDeaths } from './socket-deaths.ts'
import type { SocketProbe } from './socket-probe.ts'
import { WaitingFlows } from './waiting-flows.ts'

export interface FlowWatchSetup {
  table: FlowTable
  probe: SocketProbe
  followDeaths: FollowDeaths
  /** Counts the deaths of sockets that were told, and those that were missed. */
  account: StageAccount
  silenceLimitMs: number
  /** How long the end that a program tells of its flow is waited for when the socket has died. */
  endGraceMs?: number
  /** How long the watch waits between two slices of the table. */
  periodMs?: number
  /** How many flows one slice looks at, which bounds the cost of a large table. */
  sliceLength?: number
  /** How long a flow whose socket is found to be gone waits for what the kernel tells of its death: the final totals. */
  lastWordsMs?: number
  /** How long a flow that starts after such a socket has died may take to get another one. */
  newSocketMs?: number
}

/** How long a death of a socket that was no flow's is remembered, and how many are. */
const DEATH_MEMORY_MS = 5000
const MAX_DEATHS = 32_768

/** Suspicions are looked into in turns of this length, with as much rest between them. */
const TURN_MS = 5

/**
 * Ends flows whose end nobody told: those whose socket was seen and is gone, and those that gave no sign of life for
 * long. A flow whose socket lives is never ended here, nor one that stands for every packet. The kernel tells of
 * sockets that die; for what it does not tell, the watch goes round the table a slice at a time.
 */
export class FlowWatch implements Service {
  readonly #setup: Required<FlowWatchSetup>
  readonly #byPort: FlowsByPort
  /** Sockets that were no flow's when they died, with their final totals: a program may still tell of the flow. */
  readonly #recentDeaths = new Recent<{ usage: Usage | undefined }>(DEATH_MEMORY_MS, MAX_DEATHS)
  readonly #waiting = new WaitingFlows()
  /** Flows whose socket may have died, with its final totals where they are known. */
  readonly #suspects = new Map<LiveFlow, Usage | undefined>()
  /** What is left of the table to be looked at after deaths were missed. */
  #unheard: Iterator<LiveFlow> | undefined
  #round: Iterator<LiveFlow> | undefined
  #timer: NodeJS.Timeout | undefined
  #next: NodeJS.Timeout | NodeJS.Immediate | undefined
  #unfollow: (() => void) | undefined

  constructor(setup: FlowWatchSetup) {
    this.#setup = { periodMs: 500, sliceLength: 500, endGraceMs: 0, lastWordsMs: 250, newSocketMs: 1000, ...setup }
    this.#byPort = new FlowsByPort(setup.table)
  }

  async start(): Promise<void> {
    this.#timer ??= setInterval(() => this.look(), this.#setup.periodMs)
    this.#unfollow ??= this.#setup.followDeaths({
      onDeath: (protocol, socket) => this.#died(protocol, socket),
      onMissed: count => this.#missed(count),
    })
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer)
    this.#timer = undefined
    this.#unfollow?.()
    this.#unfollow = undefined
    this.#unheard = undefined
    this.#suspects.clear()
    this.#waiting.finish()
  }

  /** Is told of every change of the table. */
  handle(change: FlowChange): void {
    this.#byPort.handle(change)
    const { kind, flow } = change
    if (kind === 'end') this.#waiting.remove(flow.key)
    else if (kind === 'start') this.#started(flow.key)
  }

  /** The socket of a live flow is gone for good. */
  socketGone(flow: LiveFlow): void {
    const { table, endGraceMs } = this.#setup
    if (!flow.awaitsEnd || endGraceMs === 0) table.end(flow, 'socket')
    else if (flow.socketGoneUs === undefined) {
      table.socketGone(flow)
      this.#waiting.remove(flow.key)
      this.#waiting.add(flow.key, endGraceMs, () => table.end(flow, 'socket'))
    }
  }

  /** Looks at the next slice. */
  look(): void {
    for (let looked = 0; looked < this.#setup.sliceLength; looked += 1) {
      this.#round ??= this.#setup.table.flows()
      const next = this.#round.next()
      if (next.done === true) {
        this.#round = undefined
        return
      }
      this.#judge(next.value, { waitMs: this.#setup.lastWordsMs })
    }
  }

  #died(protocol: SocketProtocol, socket: SocketRecord): void {
    const { account, table } = this.#setup
    account.received += 1
    account.passed += 1
    const { local, remote } = socket
    if (remote.port === 0) {
      for (const flow of this.#byPort.servedBy(protocol, { local, remote })) this.#suspect(flow, undefined)
      return
    }
    const key = flowKey({ protocol, source: local, destination: remote })
    const flow = table.live(key)
    const usage = socket.tcpInfo && usageOf(socket.tcpInfo)
    if (flow === undefined) this.#recentDeaths.note(key, { usage })
    else this.#suspect(flow, usage)
  }

  /** A program may tell of a flow when its socket has died already, as after a single short request. */
  #started(key: string): void {
    const death = this.#recentDeaths.get(key)
    if (death === undefined) return
    this.#recentDeaths.delete(key)
    this.#waiting.add(key, this.#setup.newSocketMs, () => {
      const flow = this.#setup.table.live(key)
      if (flow === undefined || flow.socketSeen) return
      flow.socketSeen = true
      this.#judge(flow, { usage: death.usage, waitMs: 0 })
    })
  }

  #missed(count: number): void {
    const { account, table } = this.#setup
    account.received += count
    account.drop('overrun', count)
    this.#unheard = table.flows()
    this.#next ??= setImmediate(() => this.#lookInto())
  }

  /** Judges a flow in the next turn, so that others who hear of the death can report what they know before it ends. */
  #suspect(flow: LiveFlow, usage: Usage | undefined): void {
    flow.socketSeen = true
    this.#suspects.set(flow, usage)
    this.#next ??= setImmediate(() => this.#lookInto())
  }

  #lookInto(): void {
    const end = performance.now() + TURN_MS
    for (const [flow, usage] of this.#suspects) {
      this.#suspects.delete(flow)
      // It lives on when another socket has taken the 5-tuple over.
      if (this.#setup.table.live(flow.key) === flow) this.#judge(flow, { usage, waitMs: 0 })
      if (performance.now() >= end) break
    }
    while (this.#unheard !== undefined && performance.now() < end) {
      const next = this.#unheard.next()
      if (next.done === true) this.#unheard = undefined
      else this.#judge(next.value, { waitMs: 0 })
    }
    const isDone = this.#suspects.size === 0 && this.#unheard === undefined
    this.#next = isDone ? undefined : setTimeout(() => this.#lookInto(), TURN_MS)
  }

  /**
   * @param usage final totals, if the flow's socket is known to be gone
   * @param waitMs how long the kernel may take to tell of the death, if the socket is gone
   */
  #judge(flow: LiveFlow, { usage, waitMs }: { usage?: Usage | undefined; waitMs: number }): void {
    if (isEveryFlow(flow.tuple)) return
    const { table, probe, silenceLimitMs } = this.#setup
    const verdict = probe(flow.tuple)
    if (verdict === 'alive') {
      flow.socketSeen = true
      flow.lastSignMs = performance.now()
    } else if (verdict === 'gone' && flow.socketSeen) {
      table.socketMoved(flow, usage)
      if (waitMs === 0) this.socketGone(flow)
      else this.#waiting.add(flow.key, waitMs, () => this.#judge(flow, { waitMs: 0 }))
    } else if (performance.now() - flow.lastSignMs >= silenceLimitMs) table.end(flow, 'silence')
  }
}
