import type { Logger, Metrics, Service, StageAccount } from '../../common/index.ts'
import type { Backend, Enricher, Plugin } from '../components.ts'
import type { FlowEvent } from '../event.ts'
import type { EndReason, Flow, FlowChange } from '../flow.ts'
import {
  FlowTable,
  type FlowTableOptions,
  FlowWatch,
  type FollowDeaths,
  noSocketDeaths,
  noSocketProbe,
  noSocketReading,
  type Outcome,
  type ReadSocket,
  type SocketProbe,
} from '../flow-table/index.ts'
import type { Journal } from '../journal/index.ts'
import type { SampleReport } from '../sample.ts'
import type { FlowsView } from '../unit.ts'
import { Consumers } from './consumers.ts'
import { endFlows } from './end-flows.ts'
import { EventCounters } from './event-counters.ts'
import { fateOf } from './journaled-flow.ts'
import { inSlices, within } from './pace.ts'
import { stopEach } from './stop-each.ts'

const JOURNAL_FAILING = '1 while the journal cannot be written, so that a crash would forget the latest flows.'
const ENDS_UNREAD = 'Ends at which the socket was not read for its last bytes, because too many flows ended at once.'

export interface PipelineSetup {
  table: FlowTableOptions
  /** The application of flows whose event names none. */
  application: string
  /** Looks for sockets; see `socketCheck` in the options of the table. */
  probe: SocketProbe
  /** Reads sockets; see there as well. */
  readSocket?: ReadSocket
  /** Tells of sockets that die; see `socketCheck` as well. */
  followDeaths?: FollowDeaths
  /** Makes the journal, or nothing when none is to be kept. */
  journal?: (flows: () => Iterable<Flow>) => Journal
  metrics: Metrics
  log: Logger
  /** How many changes may wait for each backend and enricher. */
  queueCapacity?: number
  /** How long a stop may take to announce the end of every live flow. */
  drainMs?: number
}

const QUEUE_CAPACITY = 131_072
const DRAIN_MS = 5000

/**
 * The way of an event: plugin, flow table, then each backend through its own queue. Enrichers learn of flows as
 * backends do, and what they report goes through the table to the backends. Units can be added and removed while it
 * runs.
 */
export class Pipeline implements Service {
  readonly #setup: PipelineSetup
  readonly #table: FlowTable
  readonly #watch: FlowWatch
  readonly #journal: Journal | undefined
  readonly #events: EventCounters
  readonly #samples: StageAccount
  readonly #probe: SocketProbe
  readonly #drainMs: number
  readonly #plugins = new Map<string, Plugin>()
  readonly #backends: Consumers
  readonly #enrichers: Consumers
  #accepting = false

  constructor(setup: PipelineSetup) {
    this.#setup = setup
    const { metrics, log, queueCapacity = QUEUE_CAPACITY, drainMs = DRAIN_MS } = setup
    const { maxFlows, silenceLimit, endGrace, socketCheck } = setup.table
    this.#drainMs = drainMs
    this.#probe = socketCheck ? setup.probe : noSocketProbe
    this.#table = new FlowTable({
      maxFlows,
      application: setup.application,
      onChange: change => this.#distribute(change),
      readSocket: (socketCheck ? setup.readSocket : undefined) ?? noSocketReading,
    })
    this.#watch = new FlowWatch({
      table: this.#table,
      probe: this.#probe,
      followDeaths: (socketCheck ? setup.followDeaths : undefined) ?? noSocketDeaths,
      account: metrics.stage('socket deaths'),
      silenceLimitMs: silenceLimit * 1000,
      endGraceMs: endGrace * 1000,
    })
    this.#journal = setup.journal?.(() => this.#table.flows())
    this.#events = new EventCounters(metrics)
    this.#samples = metrics.stage('samples')
    const consumers = { flows: this.#table, metrics, log, queueCapacity, patienceMs: drainMs }
    this.#backends = new Consumers({ ...consumers, kind: 'backend' })
    this.#enrichers = new Consumers({ ...consumers, kind: 'enricher' })
    metrics.gaugeOf('tidemark_flowd_live_flows', 'Flows that are live now.', () => this.#table.size)
    metrics.counterOf('tidemark_flowd_ends_unread_total', ENDS_UNREAD, () => this.#table.unreadEnds)
    metrics.gaugeOf('tidemark_flowd_journal_failing', JOURNAL_FAILING, () => Number(this.#journal?.isFailing ?? 0))
  }

  /** The live flows. */
  get flows(): FlowsView {
    return this.#table
  }

  /**
   * Brings back the flows that were live before a restart or a crash and begins to take events. Backends that are to
   * learn of those flows are added before, plugins after.
   *
   * @throws TidemarkError JOURNAL_UNUSABLE
   */
  async start(): Promise<void> {
    const flows = (await this.#journal?.open()) ?? []
    // Before the sockets of those flows are looked for, so that none dies unheard.
    await this.#watch.start()
    await inSlices(
      flows,
      () => this.#backends.room,
      this.#drainMs,
      flow => this.#bringBack(flow),
    )
    this.#accepting = true
  }

  /** Starts a backend; when flows live already, it is told of them as `resume`. */
  async addBackend(name: string, backend: Backend): Promise<void> {
    await this.#backends.add(name, backend)
  }

  /** Stops a backend after it has handled what waits for it, within the time for draining. */
  async removeBackend(name: string): Promise<void> {
    await this.#backends.remove(name)
  }

  /** Starts an enricher, and tells it of the flows that live already. */
  async addEnricher(name: string, enricher: Enricher): Promise<void> {
    await this.#enrichers.add(name, {
      start: () => enricher.start(report => this.#sample(report)),
      handle: change => enricher.handle(change),
      stop: () => enricher.stop(),
    })
  }

  async removeEnricher(name: string): Promise<void> {
    await this.#enrichers.remove(name)
  }

  async addPlugin(name: string, plugin: Plugin): Promise<void> {
    await plugin.start(event => this.emit(event))
    this.#plugins.set(name, plugin)
  }

  async removePlugin(name: string): Promise<void> {
    const plugin = this.#plugins.get(name)
    this.#plugins.delete(name)
    await plugin?.stop()
  }

  /** Ends the flows that these plugins told of. */
  async endFlowsOf(plugins: readonly string[]): Promise<void> {
    await this.#endFlows(performance.now() + this.#drainMs, 'off', ({ origin }) => plugins.includes(origin))
  }

  /** Takes an event in, as from a plugin, and tells what became of it; undefined when the pipeline is not running. */
  emit(event: FlowEvent): Outcome | undefined {
    this.#events.received()
    if (!this.#accepting) {
      this.#events.stopped()
      return undefined
    }
    const outcome = this.#table.apply(event)
    this.#events.became(outcome)
    return outcome
  }

  /**
   * Stops the plugins, announces the end of every live flow and stops the backends. The journal keeps the flows, also
   * those whose end could not be announced in the time given, and the next start sees to them. Backends stop last, so
   * that marks last as long as they can. Idempotent.
   */
  async stop(): Promise<void> {
    const { log } = this.#setup
    await stopEach(this.#plugins, log)
    this.#accepting = false
    await this.#watch.stop()
    const deadlineMs = performance.now() + this.#drainMs
    await this.#endFlows(deadlineMs, 'shutdown', () => true)
    await within(deadlineMs - performance.now(), Promise.all([this.#backends.idle(), this.#journal?.close()]))
    await this.#enrichers.stop()
    await this.#backends.stop()
    await this.#journal?.close()
  }

  #sample({ key, sample, gone }: SampleReport): void {
    this.#samples.received += 1
    const flow = this.#table.live(key)
    if (flow === undefined) {
      this.#samples.drop('flow-ended')
      return
    }
    this.#samples.passed += 1
    if (sample !== undefined) this.#table.sample(flow, sample)
    if (gone && this.#setup.table.socketCheck) this.#watch.socketGone(flow)
  }

  #bringBack(flow: Flow): void {
    const nowUs = Date.now() * 1000
    const fate = fateOf(flow, this.#probe, nowUs)
    if (fate === 'forgotten') this.#journal?.forget(flow.key)
    else if (fate === 'ends')
      this.#distribute({
        kind: 'end',
        flow: { ...flow, endTimeUs: Math.max(flow.startTimeUs, nowUs) },
        reason: 'restart',
      })
    else this.#table.takeBack(flow, fate === 'lives')
  }

  #distribute(change: FlowChange): void {
    if (change.kind !== 'sample') this.#journal?.record(change)
    this.#watch.handle(change)
    this.#enrichers.offer(change)
    this.#backends.offer(change)
  }

  async #endFlows(deadlineMs: number, reason: EndReason, isChosen: (flow: Flow) => boolean): Promise<void> {
    const left = await endFlows(this.#table, { isChosen, reason, room: () => this.#backends.room, deadlineMs })
    if (left > 0) this.#setup.log.warn({ flows: left }, 'no time was left to announce the end of every flow')
  }
}
