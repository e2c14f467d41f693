import { familyHead } from '../../../common/index.ts'
import type { TimestampUs } from '../../../scitags/index.ts'
import { AddressInterfaces } from '../../addresses/index.ts'
import type { Usage } from '../../event.ts'
import type { Flow, FlowChange } from '../../flow.ts'
import type { TcpSample } from '../../sample.ts'
import type { RegistrySource } from '../../unit.ts'
import { Activities, type Activity } from './activities/index.ts'
import { FlowCounter } from './flow-counter.ts'
import { FlowSlots } from './flow-slots.ts'
import { FLOW_FAMILIES, flowLabels, type ShownFlow } from './flows/index.ts'
import type { Page } from './page.ts'
import { readLines } from './read-family.ts'

/** 14 experiments with 26 activities each on five interfaces are fewer. */
const ACTIVITIES_MOST = 2000
/** The interface of a flow whose source is no address of this host. */
const NO_INTERFACE = 'unknown'

/** A live flow, whether it has series of its own or not. */
interface KnownFlow {
  flow: Flow
  interfaceName: string
  activity: Activity
  counter: FlowCounter
}

export interface FlowPageSetup {
  maxFlowSeries: number
  registry: RegistrySource
  interfaces?: Pick<AddressInterfaces, 'of'>
}

/** Sums by activity, and series for each flow as far as there is room. */
export class FlowPage implements Page {
  readonly #registry: RegistrySource
  readonly #interfaces: Pick<AddressInterfaces, 'of'>
  /** What was moved before was counted by an earlier process, or by nobody. */
  readonly #sinceMs = performance.now()
  readonly #activities = new Activities(ACTIVITIES_MOST)
  readonly #known = new Map<string, KnownFlow>()
  readonly #slots: FlowSlots<ShownFlow>

  constructor({ maxFlowSeries, registry, interfaces = new AddressInterfaces() }: FlowPageSetup) {
    this.#registry = registry
    this.#interfaces = interfaces
    this.#slots = new FlowSlots(maxFlowSeries)
  }

  get shown(): number {
    return this.#slots.size
  }

  get refused(): number {
    return this.#slots.refused
  }

  /** How many flows were counted under `other`. */
  get refusedActivities(): number {
    return this.#activities.refused
  }

  handle(change: FlowChange): void {
    const { flow, kind } = change
    switch (kind) {
      case 'start':
      case 'resume':
        this.#show(this.#know(flow, kind === 'resume'))
        break
      case 'ongoing':
        this.#told(this.#know(flow, false), flow.usage, false)
        break
      case 'sample':
        this.#sample(this.#know(flow, false), change.sample)
        break
      case 'end':
        this.#end(change)
    }
  }

  *parts(): Generator<string> {
    yield* this.#activities.parts(this.#registry.current)
    for (const family of FLOW_FAMILIES) {
      yield familyHead(family)
      for (const shown of this.#slots.entries()) yield readLines(family, shown.labels, shown)
    }
  }

  /** The flow as it is known, from now on where it was not: what announced it may have been lost on the way. */
  #know(flow: Flow, isResumed: boolean): KnownFlow {
    const known = this.#known.get(flow.key)
    if (known !== undefined) return known
    const { experiment, activity: id, tuple } = flow
    const isOld = isResumed || flow.startTimeUs < this.#sinceUs()
    const interfaceName = this.#interfaces.of(tuple.source.address) ?? NO_INTERFACE
    const activity = this.#activities.of({ experiment, activity: id, interfaceName })
    const made = { flow, interfaceName, activity, counter: new FlowCounter(isOld, flow.usageBefore) }
    activity.live += 1
    if (!isOld) activity.started += 1
    this.#known.set(flow.key, made)
    return made
  }

  /** By the clock as it is set now, which start times are told by. */
  #sinceUs(): TimestampUs {
    return Math.floor(Date.now() - (performance.now() - this.#sinceMs)) * 1000
  }

  #show({ flow, interfaceName, counter }: KnownFlow): ShownFlow | undefined {
    return this.#slots.open(flow.key, () => {
      const labels = flowLabels(flow, interfaceName, this.#registry.current)
      return { flow, labels, counter, sample: undefined }
    })
  }

  #told({ activity, counter }: KnownFlow, usage: Usage | undefined, ofSocket: boolean): void {
    if (usage !== undefined) counter.usage(usage, ofSocket, activity.counts)
  }

  #sample(known: KnownFlow, sample: TcpSample): void {
    const { activity, counter } = known
    const { rttUs } = sample.tcpInfo
    counter.sample(sample, activity.counts)
    // 0 is no time, but that none was measured yet.
    if (rttUs !== undefined && rttUs > 0) activity.rtt.observe(rttUs / 1e6)
    const shown = this.#show(known)
    if (shown !== undefined) shown.sample = sample
  }

  /** Also of a flow that is told of for the first time with its end. */
  #end({ flow }: Extract<FlowChange, { kind: 'end' }>): void {
    const known = this.#know(flow, false)
    const { socketUsage, usage } = flow
    this.#told(known, socketUsage ?? usage, socketUsage !== undefined)
    known.activity.live -= 1
    this.#known.delete(flow.key)
    this.#slots.close(flow.key)
  }
}
