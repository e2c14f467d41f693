import type { Random } from '../../src/simulate/random.ts'
import type { AttributeValue, RecordTypeName } from '../../src/vanflow/index.ts'

/** An object of the network, with all that its source would say of it now. */
export interface Thing {
  type: RecordTypeName
  identity: string
  attributes: Record<string, AttributeValue>
  source: TrueSource
  lives: boolean
}

/** A router or controller. What it told waits in `told`, by address, until somebody delivers it. */
export interface TrueSource {
  id: string
  isRouter: boolean
  site: string
  /** Routers of 2.x send a FLOW from each end of a connection. */
  sendsPairs: boolean
  /** Collector's clock minus the source's. */
  skewUs: number
  things: Thing[]
  nextNumber: number
  told: { main: Told[][]; flows: Told[][] }
}

/** A delta on its way. */
export interface Told {
  type: RecordTypeName
  identity: string
  attributes: Record<string, AttributeValue>
}

const SITES = 2
const ROUTERS = 3
const SERVICES = ['adb', 'backend:8080', 'mail']
const HOSTS = ['10.0.0.1', '10.0.0.2', '10.0.0.3', '10.0.0.4']
const FLOW_TYPES: ReadonlySet<string> = new Set(['FLOW', 'BIFLOW_TPORT', 'BIFLOW_APP'])

/**
 * A small network as it truly is: what lives, and with which attributes. Knows nothing of collectors; every change is
 * put into words as routers do, as a delta. Random events happen to it one at a time.
 */
export class TrueNetwork {
  nowUs = 1_700_000_000_000_000
  readonly sources: TrueSource[] = []
  readonly #random: Random

  constructor(random: Random) {
    this.#random = random
    for (let site = 0; site < SITES; site += 1) {
      const controller = this.#addSource(`site-${site}`, `site-${site}`, false)
      this.#begin(controller, 'SITE', `site-${site}`, { name: `site ${site}` })
    }
    for (let router = 0; router < ROUTERS; router += 1) {
      this.startRouter(this.#addSource(`rtr_${router}:0`, `site-${router % SITES}`, true))
    }
  }

  /** The objects that live now. */
  get living(): Thing[] {
    return this.sources.flatMap(({ things }) => things).filter(({ lives }) => lives)
  }

  /** One random event. */
  happen(): void {
    this.nowUs += 1 + this.#random.integer(500_000)
    const events: [number, () => void][] = [
      [30, () => this.#beginConnection()],
      [30, () => this.#moveBytes()],
      [20, () => this.#tellConnectorSide()],
      [12, () => this.#beginRequest()],
      [24, () => this.#endOne(({ type }) => FLOW_TYPES.has(type))],
      [5, () => this.#beginBinding()],
      [2, () => this.#endOne(({ type }) => type === 'LISTENER' || type === 'CONNECTOR')],
      [3, () => this.#beginProcess()],
      [2, () => this.#endOne(({ type }) => type === 'PROCESS')],
      [3, () => this.#changeLink()],
    ]
    let at = this.#random.integer(events.reduce((sum, [weight]) => sum + weight, 0))
    for (const [weight, event] of events) {
      if (at >= 0 && at < weight) event()
      at -= weight
    }
  }

  /** A router's process begins, or begins anew: what it had is gone without a word, and its numbers start from 0. */
  startRouter(router: TrueSource): void {
    for (const thing of this.living) {
      const connector = this.#thing(String(thing.attributes['connector'] ?? ''))
      if (connector?.source === router && thing.source !== router) this.#end(thing)
      if (thing.source === router) this.#endPairOf(thing)
    }
    for (const thing of router.things) {
      thing.lives = false
    }
    router.things = []
    router.told = { main: [], flows: [] }
    router.nextNumber = 0
    router.sendsPairs = this.#random.chance(0.3)
    this.#begin(router, 'ROUTER', this.#number(router), { parent: router.site, name: `0/${router.id}` })
    if (this.#random.chance(0.5)) this.#beginAccess(router)
    for (let count = 0; count < 2; count += 1) this.#beginBinding(router)
  }

  /** What a source answers to a FLUSH: everything that lives, flows on their own address, in any order otherwise. */
  dump(source: TrueSource): { main: Told[]; flows: Told[] } {
    const living = this.#random.shuffle(source.things.filter(({ lives }) => lives))
    const words = living.map(({ type, identity, attributes }) => ({ type, identity, attributes: { ...attributes } }))
    return {
      main: words.filter(({ type }) => !FLOW_TYPES.has(type)),
      flows: words.filter(({ type }) => FLOW_TYPES.has(type)),
    }
  }

  #addSource(id: string, site: string, isRouter: boolean): TrueSource {
    const skewUs = this.#random.integer(20_000_000) - 10_000_000
    const told = { main: [], flows: [] }
    const source = { id, isRouter, site, sendsPairs: false, skewUs, things: [], nextNumber: 0, told }
    this.sources.push(source)
    return source
  }

  #number(router: TrueSource): string {
    const number = router.nextNumber
    router.nextNumber += 1
    return `${router.id.slice(0, -1)}${number}`
  }

  #thing(identity: string): Thing | undefined {
    return this.living.find(thing => thing.identity === identity)
  }

  #pick(isMeant: (thing: Thing) => boolean): Thing | undefined {
    const meant = this.living.filter(isMeant)
    return meant.length === 0 ? undefined : this.#random.pick(meant)
  }

  #begin(source: TrueSource, type: RecordTypeName, identity: string, attributes: Thing['attributes']): Thing {
    this.nowUs += 1
    const startTime = this.nowUs - source.skewUs
    const thing: Thing = { type, identity, attributes: { ...attributes, startTime }, source, lives: true }
    source.things.push(thing)
    this.#tell(thing, thing.attributes)
    return thing
  }

  #change(thing: Thing, attributes: Thing['attributes']): void {
    Object.assign(thing.attributes, attributes)
    this.#tell(thing, attributes)
  }

  #end(thing: Thing): void {
    if (!thing.lives) return
    thing.lives = false
    this.#tell(thing, { endTime: this.nowUs - thing.source.skewUs })
    // What goes through a listener or connector ends with it; requests end with their connection.
    for (const other of this.living) {
      if (!FLOW_TYPES.has(other.type)) continue
      const { parent, connector } = other.attributes
      if ((parent === thing.identity && other.source === thing.source) || connector === thing.identity) this.#end(other)
    }
    this.#endPairOf(thing)
  }

  /** The other FLOW of a pair ends too. */
  #endPairOf(thing: Thing): void {
    if (thing.type !== 'FLOW') return
    for (const other of this.living) {
      const isPair =
        other.attributes['counterflow'] === thing.identity || thing.attributes['counterflow'] === other.identity
      if (other.type === 'FLOW' && isPair) this.#end(other)
    }
  }

  #tell({ type, identity, source }: Thing, attributes: Thing['attributes']): void {
    const queue = FLOW_TYPES.has(type) ? source.told.flows : source.told.main
    const last = queue.at(-1)
    const words = { type, identity, attributes: { ...attributes } }
    if (last !== undefined && last.length < 4 && this.#random.chance(0.5)) last.push(words)
    else queue.push([words])
  }

  #endOne(isMeant: (thing: Thing) => boolean): void {
    const thing = this.#pick(isMeant)
    if (thing !== undefined) this.#end(thing)
  }

  #beginBinding(router = this.#random.pick(this.sources.filter(({ isRouter }) => isRouter))): void {
    const type = this.#random.chance(0.5) ? 'LISTENER' : 'CONNECTOR'
    const attributes = { parent: `${router.id}`, vanAddress: this.#random.pick(SERVICES), protocol: 'tcp' }
    const destHost = type === 'CONNECTOR' ? this.#random.pick(HOSTS) : '0.0.0.0'
    this.#begin(router, type, this.#number(router), { ...attributes, destHost })
  }

  #beginAccess(router: TrueSource): void {
    this.#begin(router, 'ROUTER_ACCESS', this.#number(router), { parent: router.id, role: 'inter-router' })
  }

  #beginConnection(): void {
    const listener = this.#pick(({ type }) => type === 'LISTENER')
    if (listener === undefined) return
    const router = listener.source
    const attributes = { parent: listener.identity, sourceHost: this.#random.pick(HOSTS), octets: 0 }
    if (!router.sendsPairs) {
      this.#begin(router, 'BIFLOW_TPORT', this.#number(router), { ...attributes, octetsReverse: 0, sourcePort: '4000' })
      return
    }
    const connector = this.#connectorFor(listener)
    if (connector === undefined) return
    const client = this.#begin(router, 'FLOW', this.#number(router), attributes)
    const server = { parent: connector.identity, counterflow: client.identity, octets: 0, trace: '0/a|0/b' }
    this.#begin(connector.source, 'FLOW', this.#number(connector.source), server)
  }

  #connectorFor(listener: Thing): Thing | undefined {
    const { vanAddress } = listener.attributes
    return this.#pick(({ type, attributes }) => type === 'CONNECTOR' && attributes['vanAddress'] === vanAddress)
  }

  #tellConnectorSide(): void {
    const flow = this.#pick(({ type, attributes }) => type === 'BIFLOW_TPORT' && attributes['connector'] === undefined)
    const listener = flow && this.#thing(String(flow.attributes['parent']))
    const connector = listener && this.#connectorFor(listener)
    if (flow === undefined || connector === undefined) return
    this.#change(flow, { connector: connector.identity, proxyHost: '10.9.9.9', proxyPort: '555', trace: '0/a|0/b' })
  }

  #moveBytes(): void {
    const flow = this.#pick(({ type }) => FLOW_TYPES.has(type) || type === 'LINK')
    if (flow === undefined) return
    const octets = Number(flow.attributes['octets'] ?? 0) + this.#random.integer(10_000_000_000)
    this.#change(flow, this.#random.chance(0.5) ? { octets } : { octets, latency: this.#random.integer(9999) })
  }

  #beginRequest(): void {
    const flow = this.#pick(({ type }) => type === 'BIFLOW_TPORT')
    if (flow === undefined) return
    const attributes = { parent: flow.identity, protocol: 'HTTP/1.1', method: 'GET', octets: 0, octetsReverse: 0 }
    const request = this.#begin(flow.source, 'BIFLOW_APP', this.#number(flow.source), attributes)
    if (this.#random.chance(0.5)) this.#change(request, { result: '200', reason: 'OK' })
  }

  #beginProcess(): void {
    const controller = this.#random.pick(this.sources.filter(({ isRouter }) => !isRouter))
    const free = HOSTS.filter(host => !controller.things.some(({ attributes }) => attributes['sourceHost'] === host))
    if (free.length === 0) return
    const identity = `pod-${controller.site}-${this.nowUs}`
    const attributes = { parent: controller.site, sourceHost: this.#random.pick(free), imageName: 'img/a:1' }
    this.#begin(controller, 'PROCESS', identity, attributes)
  }

  #changeLink(): void {
    const link = this.#pick(({ type }) => type === 'LINK')
    const router = this.#random.pick(this.sources.filter(({ isRouter }) => isRouter))
    if (link === undefined || this.#random.chance(0.2)) {
      const attributes = { parent: router.id, name: 'to-peer', role: 'inter-router', operStatus: 'down', octets: 0 }
      this.#begin(router, 'LINK', this.#number(router), attributes)
      return
    }
    const access = this.#pick(({ type, source }) => type === 'ROUTER_ACCESS' && source !== link.source)
    const peer = access === undefined || this.#random.chance(0.3) ? {} : { peer: access.identity, operStatus: 'up' }
    this.#change(link, { operStatus: 'down', ...peer })
  }
}
