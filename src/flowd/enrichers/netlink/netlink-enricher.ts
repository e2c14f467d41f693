import { LogThrottle, messageOf } from '../../../common/index.ts'
import {
  countSockets,
  prepareLookup,
  SocketLookups,
  type SocketProtocol,
  type SocketRecord,
  SocketTable,
} from '../../../linux/index.ts'
import { flowKey, isEveryFlow } from '../../../scitags/index.ts'
import type { Enricher } from '../../components.ts'
import type { FlowChange } from '../../flow.ts'
import type { SampleReport, TcpSample } from '../../sample.ts'
import type { Sampling, UnitContext } from '../../unit.ts'
import { Cost } from './cost.ts'
import { DumpRound } from './dump-round.ts'
import type { FollowedFlow, OnFound } from './followed-flow.ts'
import { LookupRound, type Round } from './lookup-round.ts'
import type { NetlinkOptions } from './options.ts'
import { Pacer } from './pacer.ts'
import { SocketSample } from './socket-sample.ts'

const PROTOCOLS: Readonly<Record<number, SocketProtocol>> = { 6: 'tcp', 17: 'udp' }

/** What the first rounds assume; both are learned from then on. */
const LOOKUP_US = 4
const DUMP_US = 2

/** How long a flow whose socket is not found waits for what the kernel tells of its end. */
const LAST_WORDS_MS = 250

/** What is open while the enricher runs. */
interface Running {
  report: (report: SampleReport) => void
  lookups: SocketLookups
  table: SocketTable
  pacer: Pacer
  unfollow: () => void
}

/** Reads the statistics of every flow's socket once a period. */
export class NetlinkEnricher implements Enricher {
  readonly #options: NetlinkOptions & Sampling
  readonly #context: UnitContext
  readonly #protocol: SocketProtocol | undefined
  readonly #throttle: LogThrottle
  readonly #flows = new Map<string, FollowedFlow>()
  readonly #lookupCost = new Cost(LOOKUP_US)
  readonly #dumpCost = new Cost(DUMP_US)
  #running: Running | undefined

  constructor(options: NetlinkOptions & Sampling, context: UnitContext) {
    this.#options = options
    this.#context = context
    this.#protocol = PROTOCOLS[options.protocol]
    this.#throttle = new LogThrottle(context.log, { lines: 1 })
  }

  /** @throws TidemarkError PLATFORM_UNSUPPORTED, SOCKET_DIAGNOSTICS_MISSING, SYSTEM_CALL_FAILED */
  async start(report: (report: SampleReport) => void): Promise<void> {
    if (this.#protocol === undefined) {
      const { protocol } = this.#options
      this.#context.log.warn({ protocol }, 'enrichers.netlink.protocol is neither 6 nor 17: no flow is looked at')
      return
    }
    const table = SocketTable.open()
    try {
      table.requireSupport('ipv4', this.#protocol)
      const lookups = SocketLookups.open()
      const pacer = new Pacer(
        this.#options.periodMs,
        () => this.#begin(),
        error => this.#throttle.warn(() => [{ reason: messageOf(error) }, 'statistics of flows could not be read']),
      )
      const unfollow = this.#context.followDeaths({
        onDeath: (protocol, socket) => this.#died(protocol, socket),
        onMissed: () => undefined,
      })
      this.#running = { report, lookups, table, pacer, unfollow }
    } catch (error) {
      table.close()
      throw error
    }
  }

  handle({ kind, flow: { key, tuple } }: FlowChange): void {
    if (this.#running === undefined) return
    if (kind === 'end') this.#forget(key)
    else if (tuple.protocol === this.#protocol && !this.#flows.has(key) && !isEveryFlow(tuple)) {
      const lookup = prepareLookup(tuple, this.#options.ext)
      this.#flows.set(key, { key, lookup, last: undefined, isMissed: false, hasEnded: false })
      this.#running.pacer.start()
    }
  }

  async stop(): Promise<void> {
    const running = this.#running
    this.#running = undefined
    for (const key of this.#flows.keys()) this.#forget(key)
    this.#throttle.flush()
    if (running === undefined) return
    running.pacer.stop()
    running.unfollow()
    running.lookups.close()
    running.table.close()
  }

  /** Exact lookups, or a dump where reading every socket of the host is cheaper. */
  #begin(): Round | undefined {
    if (this.#flows.size === 0) return undefined
    const { lookups, table } = this.#opened()
    const flows = [...this.#flows.values()]
    const onFound: OnFound = (flow, socket) => this.#found(flow, socket)
    const lookUp = (some: readonly FollowedFlow[]) => new LookupRound(some, lookups, this.#lookupCost, onFound)
    const expected = this.#protocol === undefined ? undefined : countSockets(this.#protocol)
    if (expected === undefined || expected * this.#dumpCost.us >= flows.length * this.#lookupCost.us) {
      return lookUp(flows)
    }
    const queries = this.#queries(flows)
    return new DumpRound({ table, queries, expected, cost: this.#dumpCost, onFound }, flows, lookUp)
  }

  /** IPv4 traffic may be on sockets of either family. */
  #queries(flows: readonly FollowedFlow[]) {
    const { ext: extensions, state: states } = this.#options
    const families = flows.some(({ lookup }) => lookup.family === 'ipv4')
      ? (['ipv4', 'ipv6'] as const)
      : (['ipv6'] as const)
    return families.map(family => ({ family, protocol: this.#protocol ?? 'tcp', extensions, states }))
  }

  #found(flow: FollowedFlow, socket: SocketRecord | undefined): void {
    if (flow.hasEnded || flow.isMissed) return
    const { last } = flow
    // Another cookie is another socket, which has taken the 5-tuple over.
    if (
      socket === undefined ||
      socket.isPast(flow.lookup.tuple.protocol) ||
      (last !== undefined && !socket.isSameSocket(last))
    ) {
      if (last !== undefined) this.#miss(flow)
    } else if (((this.#options.state >>> socket.stateNumber) & 1) === 1) {
      flow.last = socket
      this.#opened().report({ key: flow.key, sample: new SocketSample(socket, Date.now() * 1000), gone: false })
    }
  }

  /** The last totals may be on their way; without them the flow is given up a moment later. */
  #miss(flow: FollowedFlow): void {
    if (flow.isMissed) return
    flow.isMissed = true
    setTimeout(() => {
      if (!flow.hasEnded) this.#lose(flow, undefined)
    }, LAST_WORDS_MS)
  }

  #died(protocol: SocketProtocol, socket: SocketRecord): void {
    if (protocol !== this.#protocol || socket.remotePort === 0) return
    const flow = this.#flows.get(flowKey({ protocol, source: socket.local, destination: socket.remote }))
    if (flow === undefined) return
    const { last = socket } = flow
    const isTakenOver = flow.last === undefined && this.#opened().lookups.find([flow.lookup])[0] !== undefined
    if (isTakenOver || !socket.isSameSocket(last)) return
    const death = socket.copy()
    this.#lose(flow, new SocketSample(flow.last ?? death, Date.now() * 1000, death))
  }

  #lose(flow: FollowedFlow, sample: TcpSample | undefined): void {
    this.#forget(flow.key)
    this.#opened().report({ key: flow.key, sample, gone: true })
  }

  #forget(key: string): void {
    const flow = this.#flows.get(key)
    if (flow !== undefined) flow.hasEnded = true
    this.#flows.delete(key)
  }

  #opened(): Running {
    if (this.#running === undefined) throw new TypeError('the enricher does not run')
    return this.#running
  }
}
