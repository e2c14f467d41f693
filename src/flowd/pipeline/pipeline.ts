import { setTimeout as delay } from 'node:timers/promises'
import {
  type CounterSeries,
  type Logger,
  type Metrics,
  messageOf,
  type Service,
  type StageAccount,
} from '../../common/index.ts'
import { isEveryFlow } from '../../scitags/index.ts'
import type { Backend, Enricher, Plugin } from '../components.ts'
import type { FlowEvent } from '../event.ts'
import type { EndReason, Flow, FlowChange } from '../flow.ts'
import {
  FlowTable,
  type FlowTableOptions,
  FlowWatch,
  type FollowDeaths,
  type LiveFlow,
  noSocketDeaths,
  noSocketProbe,
  type Outcome,
  type SocketProbe,
} from '../flow-table/index.ts'
import type { Journal } from '../journal/index.ts'
import type { SampleReport } from '../sample.ts'
import type { FlowsView } from '../unit.ts'
import { type ChangeConsumer, ChangeQueue } from './change-queue.ts'

const JOURNAL_FAILING = '1 while the journal cannot be written, so that a crash would forget the latest flows.'

export interface PipelineSetup {
  table: FlowTableOptions
  /** The application of flows whose event names none. */
  application: string
  /** Looks for sockets; see `socketCheck` in the options of the table. */
  probe: SocketProbe
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

/** A start so long after the stop goes on with its flows; later a socket with the same ports may be another's. */
const RESTART_US = 600_000_000

/** How many flows are ended or brought back at a time, and how long to wait for a backend that has no room. */
const SLICE = 1000
const PAUSE_MS = 10

/**
 * The way of an event: plugin, flow table, then each backend through its own queue. Enrichers learn of flows as backends
 * do, and what they report goes through the table to the backends. Units can be added and removed while it runs.
 */
export class Pipeline implements Service {
  readonly #setup: PipelineSetup
  readonly #table: FlowTable
  readonly #watch: FlowWatch
  readonly #journal: Journal | undefined
  readonly #account: StageAccount
  readonly #samples: StageAccount
  readonly #outcomes: Record<Outcome, CounterSeries>
  readonly #probe: SocketProbe
  readonly #plugins = new Map<string, Plugin>()
  readonly #backends = new Map<string, ChangeQueue>()
  readonly #enrichers = new Map<string, ChangeQueue>()
  #accepting = false

  constructor(setup: PipelineSetup) {
    this.#setup = setup
    const { maxFlows, silenceLimit, socketCheck } = setup.table
    this.#probe = socketCheck ? setup.probe : noSocketProbe
    this.#table = new FlowTable({
      maxFlows,
      application: setup.application,
      onChange: change => this.#distribute(change),
    })
    this.#watch = new FlowWatch({
      table: this.#table,
      probe: this.#probe,
      followDeaths: (socketCheck ? setup.followDeaths : undefined) ?? noSocketDeaths,
      account: setup.metrics.stage('socket deaths'),
      silenceLimitMs: silenceLimit * 1000,
    })
    this.#journal = setup.journal?.(() => this.#table.flows())
    this.#account = setup.metrics.stage('flow table')
    this.#samples = setup.metrics.stage('samples')
    this.#outcomes = exportOutcomes(setup.metrics)
    setup.metrics.gaugeOf('tidemark_flowd_live_flows', 'Flows that are live now.', () => this.#table.size)
    setup.metrics.gaugeOf('tidemark_flowd_journal_failing', JOURNAL_FAILING, () =>
      Number(this.#journal?.isFailing ?? 0),
    )
  }

  /** The live flows. */
  get flows(): FlowsView {
    return this.#table
  }

  /**
   * Brings back the flows that were live before a restart or a crash and begins to take events. Backends that are to learn of those
   * flows are added before, plugins after.
   *
   * @throws TidemarkError JOURNAL_UNUSABLE
   */
  async start(): Promise<void> {
    const flows = (await this.#journal?.open()) ?? []
    // Before the sockets of those flows are looked for, so that none dies unheard.
    await this.#watch.start()
    await this.#bringBack(flows)
    this.#accepting = true
  }

  /** Starts a backend; when flows live already, it is told of them as `resume`. */
  async addBackend(name: string, backend: Backend): Promise<void> {
    await this.#addConsumer(this.#backends, 'backend', name, backend)
  }

  /** Stops a backend after it has handled what waits for it, within the time for draining. */
  async removeBackend(name: string): Promise<void> {
    await this.#removeConsumer(this.#backends, name)
  }

  /** Starts an enricher, and tells it of the flows that live already. */
  async addEnricher(name: string, enricher: Enricher): Promise<void> {
    await this.#addConsumer(this.#enrichers, 'enricher', name, {
      start: () => enricher.start(report => this.#sample(report)),
      handle: change => enricher.handle(change),
      stop: () => enricher.stop(),
    })
  }

  async removeEnricher(name: string): Promise<void> {
    await this.#removeConsumer(this.#enrichers, name)
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
    await this.#endAll(performance.now() + this.#drainMs, 'off', ({ origin }) => plugins.includes(origin))
  }

  /** Takes an event in, as from a plugin, and tells what became of it; undefined when the pipeline is not running. */
  emit(event: FlowEvent): Outcome | undefined {
    this.#account.received += 1
    if (!this.#accepting) {
      this.#account.drop('stopped')
      return undefined
    }
    const outcome = this.#table.apply(event)
    this.#outcomes[outcome].inc()
    if (outcome === 'unknown-end' || outcome === 'foreign-end' || outcome === 'table-full') this.#account.drop(outcome)
    else this.#account.passed += 1
    return outcome
  }

  /**
   * Stops the plugins, announces the end of every live flow and stops the backends. The journal keeps the flows, also
   * those whose end could not be announced in the time given, and the next start sees to them. Backends stop last, so
   * that marks last as long as they can. Idempotent.
   */
  async stop(): Promise<void> {
    await this.#stopEach(this.#plugins, plugin => plugin.stop())
    this.#accepting = false
    await this.#watch.stop()
    const deadline = performance.now() + this.#drainMs
    await this.#endAll(deadline, 'shutdown', () => true)
    const queues = [...this.#backends.values()]
    const told = queues.map(queue => queue.idle())
    await within(deadline - performance.now(), Promise.all([...told, this.#journal?.close()]))
    await this.#stopEach(this.#enrichers, queue => queue.stop())
    await this.#stopEach(this.#backends, queue => queue.stop())
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
    if (gone && this.#setup.table.socketCheck) this.#table.end(flow, 'socket')
  }

  async #addConsumer(
    consumers: Map<string, ChangeQueue>,
    kind: 'backend' | 'enricher',
    name: string,
    consumer: ChangeConsumer,
  ): Promise<void> {
    const { metrics, log, queueCapacity = QUEUE_CAPACITY } = this.#setup
    const account = metrics.stage(`${kind} ${name}`)
    const queue = new ChangeQueue({ consumer, capacity: queueCapacity, account, log: log.child({ [kind]: name }) })
    await queue.start()
    consumers.set(name, queue)
    await this.#tellLive(queue)
  }

  async #removeConsumer(consumers: Map<string, ChangeQueue>, name: string): Promise<void> {
    const queue = consumers.get(name)
    consumers.delete(name)
    if (queue === undefined) return
    await within(this.#drainMs, queue.idle())
    await queue.stop()
  }

  get #drainMs(): number {
    return this.#setup.drainMs ?? DRAIN_MS
  }

  async #bringBack(flows: readonly Flow[]): Promise<void> {
    const patienceEnds = performance.now() + this.#drainMs
    let done = 0
    while (done < flows.length) {
      const slice = flows.slice(done, done + (performance.now() < patienceEnds ? this.#room() : SLICE))
      done += slice.length
      for (const flow of slice) this.#bringBackOne(flow)
      await delay(slice.length === 0 ? PAUSE_MS : 0)
    }
  }

  /** A flow whose end was announced goes on only if its socket surely is the one it had. */
  #bringBackOne(flow: Flow): void {
    const { endTimeUs } = flow
    const nowUs = Date.now() * 1000
    // What stands for every packet has no socket: whoever declared it does so again.
    const verdict = isEveryFlow(flow.tuple) ? 'gone' : this.#probe(flow.tuple)
    if (endTimeUs !== undefined && (verdict !== 'alive' || nowUs - endTimeUs > RESTART_US)) {
      this.#journal?.forget(flow.key)
    } else if (verdict !== 'gone') this.#table.takeBack(flow, verdict === 'alive')
    else this.#distribute({ kind: 'end', flow: { ...flow, endTimeUs: nowUs }, reason: 'restart' })
  }

  /**
   * Tells a new backend or enricher of the flows that live. It gets changes meanwhile: a flow that starts may be told as `resume` as
   * well, one that ends may be told only of its end.
   */
  async #tellLive(queue: ChangeQueue): Promise<void> {
    const patienceEnds = performance.now() + this.#drainMs
    let told = 0
    for (const flow of this.#table.flows()) {
      queue.offer({ kind: 'resume', flow })
      told += 1
      if (told % SLICE > 0) continue
      while (queue.room < queue.capacity / 2 && performance.now() < patienceEnds) await delay(PAUSE_MS)
    }
  }

  /** How many changes every backend could take now, at most a slice. */
  #room(): number {
    return Math.min(SLICE, ...[...this.#backends.values()].map(queue => queue.room))
  }

  #distribute(change: FlowChange): void {
    if (change.kind !== 'sample') this.#journal?.record(change)
    this.#watch.handle(change)
    for (const queue of this.#enrichers.values()) queue.offer(change)
    for (const queue of this.#backends.values()) queue.offer(change)
  }

  /** Ends the live flows that are chosen, as fast as the backends take it. */
  async #endAll(deadline: number, reason: EndReason, isChosen: (flow: Flow) => boolean): Promise<void> {
    while (performance.now() < deadline) {
      const room = this.#room()
      const chosen = this.#choose(isChosen, room)
      for (const flow of chosen) this.#table.end(flow, reason)
      if (chosen.length < room) return
      await delay(room === 0 ? PAUSE_MS : 0)
    }
    const flows = this.#choose(isChosen, Number.POSITIVE_INFINITY).length
    if (flows > 0) this.#setup.log.warn({ flows }, 'no time was left to announce the end of every flow')
  }

  #choose(isChosen: (flow: Flow) => boolean, maximum: number): LiveFlow[] {
    const chosen: LiveFlow[] = []
    for (const flow of this.#table.flows()) {
      if (chosen.length >= maximum) break
      if (isChosen(flow)) chosen.push(flow)
    }
    return chosen
  }

  async #stopEach<Unit>(units: Map<string, Unit>, stop: (unit: Unit) => Promise<void>): Promise<void> {
    for (const [name, unit] of [...units].reverse()) {
      units.delete(name)
      try {
        await stop(unit)
      } catch (error) {
        this.#setup.log.error({ unit: name, reason: messageOf(error) }, 'a unit did not stop cleanly')
      }
    }
  }
}

const OUTCOMES: readonly Outcome[] = [
  'started',
  'repeated',
  'replaced',
  'ongoing',
  'ended',
  'past',
  'unknown-end',
  'foreign-end',
  'table-full',
]

function exportOutcomes(metrics: Metrics): Record<Outcome, CounterSeries> {
  const counter = metrics.counter('tidemark_flowd_events_total', 'Events by what became of them.', ['outcome'])
  const series = OUTCOMES.map(outcome => [outcome, counter.labels({ outcome })] as const)
  return Object.fromEntries(series) as Record<Outcome, CounterSeries>
}

/** Resolves when the work is done or the time is over, whichever comes first. */
async function within(ms: number, work: Promise<unknown>): Promise<void> {
  const over = new AbortController()
  try {
    await Promise.race([work, delay(Math.max(0, ms), undefined, { signal: over.signal })])
  } finally {
    over.abort()
  }
}
