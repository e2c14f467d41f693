import { deepStrictEqual, ok, strictEqual } from 'node:assert'
import { Graph, type SourceHandle, type ViewPort, type ViewRecord } from '../../../src/collector/graph/index.ts'
import { Random } from '../../../src/simulate/random.ts'
import { RECORD_TYPES } from '../../../src/vanflow/index.ts'
import { delta } from '../told-graph.ts'
import { type Told, TrueNetwork, type TrueSource } from '../true-network.ts'

const EVENTS_PER_NETWORK = 500
/** What the graph adds to what the sources say. */
const INFERRED = ['process', 'counterflow', 'image']

/**
 * However records come to the graph (dropped, twice, out of order, before their parents, from routers that restart in
 * place or fall silent, by skewed clocks, with little room for what ended): once every source was asked again, the
 * view equals the network as it truly is. Small networks, one after another, until so many events have happened.
 */
export function viewEqualsNetwork(events: number, firstSeed = 1): void {
  for (let seed = firstSeed; (seed - firstSeed) * EVENTS_PER_NETWORK < events; seed += 1) {
    try {
      new Observation(seed).run(EVENTS_PER_NETWORK)
    } catch (error) {
      throw new Error(`seed ${seed}: ${error instanceof Error ? error.message : String(error)}`, { cause: error })
    }
  }
}

/** A network, a graph, and the bad connection between them. */
class Observation {
  readonly #random: Random
  readonly #network: TrueNetwork
  readonly #graph: Graph
  readonly #handles = new Map<TrueSource, SourceHandle>()
  /** Messages that will come a second time. */
  readonly #repeats: [TrueSource, SourceHandle, Told[]][] = []
  /** What a watcher has been told, by the keys of records. */
  readonly #watched = new Map<number, string>()
  #recordsIn = 0

  constructor(seed: number) {
    this.#random = new Random(seed)
    this.#network = new TrueNetwork(this.#random)
    const endedMaxCount = this.#random.pick([0, 3, 30, 1_000_000])
    this.#graph = new Graph({ nowUs: () => this.#network.nowUs, endedMaxCount, endedMaxAgeMs: 20_000 })
    for (const source of this.#network.sources) this.#open(source)
    this.#graph.view.subscribe(({ kind, record }) => {
      if (kind === 'evicted') this.#watched.delete(record.key)
      else this.#watched.set(record.key, textOf(record))
    })
  }

  run(events: number): void {
    for (let event = 0; event < events; event += 1) {
      this.#network.happen()
      if (this.#random.chance(0.02)) this.#disturb()
      for (let turn = this.#random.integer(4); turn > 0; turn -= 1) this.#deliverOne()
      if (this.#random.chance(0.05)) this.#graph.expire(this.#network.nowUs, this.#random.integer(10))
    }
    this.#quiesce()
    this.#compare()
    this.#compareAfterAll()
  }

  #open(source: TrueSource): void {
    const handle = this.#graph.openSource(source.id, source.isRouter ? 'ROUTER' : 'CONTROLLER', this.#network.nowUs)
    handle.clockOffsetUs = source.skewUs
    this.#handles.set(source, handle)
  }

  /** A router restarts in place, noticed or not; or a source falls silent, or is heard again. */
  #disturb(): void {
    const source = this.#random.pick(this.#network.sources)
    const handle = this.#handles.get(source)
    if (handle === undefined) {
      if (source.isRouter && this.#random.chance(0.3)) this.#network.startRouter(source)
      this.#open(source)
    } else if (this.#random.chance(0.4)) {
      this.#handles.delete(source)
      this.#graph.closeSource(handle, 'silent', this.#network.nowUs - 1_000_000, this.#network.nowUs)
    } else if (source.isRouter) {
      while (this.#random.chance(0.5)) this.#deliverOne(source)
      this.#network.startRouter(source)
      if (this.#random.chance(0.7)) this.#open(source)
    }
  }

  #deliverOne(source = this.#random.pick(this.#network.sources)): void {
    const repeat = this.#random.chance(0.2) ? this.#repeats.shift() : undefined
    // A message of an incarnation that is known to be over does not count any more.
    if (repeat !== undefined && this.#handles.get(repeat[0]) === repeat[1]) this.#tell(repeat[1], repeat[2])
    const { main, flows } = source.told
    const message = (this.#random.chance(0.5) ? main : flows).shift()
    const handle = this.#handles.get(source)
    if (message === undefined || handle === undefined || this.#random.chance(0.05)) return
    this.#tell(handle, message)
    if (this.#random.chance(0.1)) this.#repeats.push([source, handle, message])
  }

  #tell(handle: SourceHandle, message: readonly Told[]): void {
    for (const { type, identity, attributes } of message) {
      this.#recordsIn += 1
      this.#graph.apply(handle, delta(type, identity, attributes), this.#network.nowUs)
    }
  }

  /** Nothing is on its way any more, and each source that is heard answers a FLUSH. */
  #quiesce(): void {
    for (const source of this.#network.sources) source.told = { main: [], flows: [] }
    for (const [source, handle] of this.#handles) {
      this.#graph.mark(handle, this.#network.nowUs)
      const { main, flows } = this.#network.dump(source)
      for (const part of this.#random.shuffle([main, flows])) this.#tell(handle, part)
      this.#graph.sweep(handle, this.#network.nowUs)
    }
  }

  #compare(): void {
    const { view } = this.#graph
    const expected = this.#network.living.filter(({ source }) => this.#handles.has(source))
    const living = RECORD_TYPES.flatMap(type => [...view.byType(type)]).filter(isAlive)
    const records = new Map(living.filter(({ key }) => key > 0).map(record => [record.identity, record]))
    deepStrictEqual([...records.keys()].sort(), expected.map(({ identity }) => identity).sort())
    for (const { type, identity, attributes, source } of expected) {
      const record = records.get(identity)!
      strictEqual(record.recordType, type)
      strictEqual(record.isIncomplete, false, `${identity} is incomplete`)
      deepStrictEqual(withoutInferred(record.attributes), withoutInferred(attributes))
      const age = this.#network.nowUs - source.skewUs - Number(attributes['startTime'])
      strictEqual(record.durationUs, age, `duration of ${identity}`)
      strictEqual(view.get(identity)?.key, record.key)
    }
    this.#compareLinks(records)
    this.#compareAddresses(view, [...records.values()])
    this.#compareProcesses(records)
    this.#compareWatched(view)
    const { outcomes, live } = view.statistics()
    strictEqual(live, expected.length)
    strictEqual(
      Object.values(outcomes).reduce((sum, count) => sum + count, 0),
      this.#recordsIn,
    )
  }

  /** Both directions of every reference. */
  #compareLinks(records: ReadonlyMap<string, ViewRecord>): void {
    const { view } = this.#graph
    for (const record of records.values()) {
      const parent = records.get(String(record.get('parent')))
      if (parent !== undefined) {
        strictEqual(view.parentOf(record)?.key, parent.key)
        ok([...view.children(parent)].some(({ key }) => key === record.key))
      }
      const target = records.get(String(record.get('connector') ?? record.get('peer')))
      if (target === undefined) continue
      strictEqual(view.targetOf(record)?.key, target.key)
      ok([...view.referrers(target)].some(({ key }) => key === record.key))
    }
    for (const record of records.values()) {
      const named = record.recordType === 'FLOW' ? records.get(String(record.get('counterflow'))) : undefined
      if (named !== undefined) strictEqual(named.get('counterflow'), record.identity)
    }
  }

  /** Counts of live listeners, connectors and flows, counted one by one. */
  #compareAddresses(view: ViewPort, living: readonly ViewRecord[]): void {
    for (const address of view.byType('VAN_ADDRESS')) {
      const name = String(address.get('name'))
      const bindings = living.filter(record => record.get('vanAddress') === name)
      const connections = living.filter(record => record.recordType === 'FLOW' || record.recordType === 'BIFLOW_TPORT')
      const requests = living.filter(({ recordType }) => recordType === 'BIFLOW_APP')
      const isBound = (binding: ViewRecord | undefined, type: RegExp) =>
        binding?.get('vanAddress') === name && type.test(binding.recordType)
      const sidesOf = (flow: ViewRecord): number =>
        Number(isBound(view.parentOf(flow), /^LISTENER|CONNECTOR$/)) +
        Number(flow.recordType === 'BIFLOW_TPORT' && isBound(view.targetOf(flow), /^CONNECTOR$/))
      const sides = connections.map(flow => [flow.identity, sidesOf(flow)] as const)
      const sidesById = new Map(sides)
      const ofRequests = requests.map(request => sidesById.get(String(request.get('parent'))) ?? 0)
      const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0)
      const { totalFlows, ...counts } = address.attributes
      deepStrictEqual(counts, {
        name,
        listenerCount: bindings.filter(({ recordType }) => recordType === 'LISTENER').length,
        connectorCount: bindings.filter(({ recordType }) => recordType === 'CONNECTOR').length,
        currentFlows: sum(sides.map(([, count]) => count)) + sum(ofRequests),
      })
      ok(Number(totalFlows) >= Number(counts['currentFlows']))
    }
    for (const record of living) {
      const name = record.get('vanAddress')
      if (typeof name === 'string') ok(view.address(name) !== undefined, `no address ${name}`)
    }
  }

  /** The process at a live client or connector, found one by one. */
  #compareProcesses(records: ReadonlyMap<string, ViewRecord>): void {
    const processes = [...records.values()].filter(({ recordType }) => recordType === 'PROCESS')
    for (const record of records.values()) {
      const binding = record.recordType === 'CONNECTOR' ? record : records.get(String(record.get('parent')))
      const host = record.recordType === 'CONNECTOR' ? record.get('destHost') : record.get('sourceHost')
      if (binding?.recordType !== 'CONNECTOR' && binding?.recordType !== 'LISTENER') continue
      const site = records.get(String(binding.get('parent')))?.get('parent')
      const here = processes.find(process => process.get('sourceHost') === host && process.get('parent') === site)
      if (here !== undefined && host !== undefined) strictEqual(record.get('process'), here.identity)
    }
    for (const process of processes)
      strictEqual(this.#graph.view.get(String(process.get('image')))?.get('name'), 'img/a:1')
  }

  /** A watcher that kept what it was told has the same picture, ended records included. */
  #compareWatched(view: ViewPort): void {
    const retained = [...RECORD_TYPES, 'VAN_ADDRESS'].flatMap(type => [...view.byType(type)])
    const told = new Map([...this.#watched].sort(([one], [other]) => one - other))
    const seen = new Map(retained.map(record => [record.key, textOf(record)]))
    deepStrictEqual(told, new Map([...seen].sort(([one], [other]) => one - other)))
  }

  /** When all sources are gone and all that ended is old, nothing is left behind. */
  #compareAfterAll(): void {
    const { nowUs } = this.#network
    for (const handle of this.#handles.values()) this.#graph.closeSource(handle, 'shutdown', nowUs, nowUs)
    strictEqual(this.#graph.expire(nowUs + 20_000_000), false)
    const { live, ended, rows } = this.#graph.view.statistics()
    deepStrictEqual({ live, ended, rows }, { live: 0, ended: 0, rows: 0 })
    deepStrictEqual([...this.#graph.view.byType('VAN_ADDRESS')], [])
  }
}

function textOf(record: ViewRecord): string {
  return JSON.stringify([record.recordType, record.identity, withoutInferred(record.attributes), record.endReason])
}

function isAlive({ endTimeUs }: ViewRecord): boolean {
  return endTimeUs === undefined
}

function withoutInferred(attributes: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(attributes).filter(([name]) => !INFERRED.includes(name)))
}
