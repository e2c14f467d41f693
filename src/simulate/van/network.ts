import { Random } from '../random.ts'
import { ticks } from './clock.ts'
import { ControllerSource } from './controller-source.ts'
import type { EventSource } from './event-source.ts'
import { linkDown, linkUp } from './links.ts'
import type { NetworkOptions } from './network-options.ts'
import type { Outlet } from './outlet.ts'
import { type ProcessPlan, planVan, podSuffix, replicaSetHash, type VanPlan } from './plan.ts'
import { RouterSource } from './router-source.ts'
import { SimulatedSite } from './simulated-site.ts'
import { Traffic } from './traffic.ts'
import { trueRecords, type VanTruth } from './truth.ts'

/** How long a router is gone when it restarts. */
const RESTART_TICKS = ticks(3000)
/** How long after a router's start its links are up. */
const LINKS_UP_TICKS = ticks(500)
/** A new router process has its first beacon four heartbeats, 8 s, before it. */
const BEATS_OF_A_NEW_ROUTER = 1

/** A site by its index or its name. */
export type SiteName = number | string

/**
 * The routers, controllers and traffic of a simulated network, without clock or socket: time passes by `advance`,
 * messages go to an outlet. Each method that changes something says what a real network would do to cause it.
 */
export class SimulatedNetwork {
  readonly plan: VanPlan
  readonly traffic: Traffic
  /** Whether connections open, move and close. */
  trafficRuns = true
  readonly #options: NetworkOptions
  readonly #outlet: Outlet
  readonly #random: Random
  readonly #sites: readonly SimulatedSite[]
  #agenda: { tick: number; act: () => void }[] = []
  #tick = 0

  constructor(options: NetworkOptions, outlet: Outlet) {
    this.#options = options
    this.#outlet = outlet
    this.#random = new Random(options.seed)
    this.plan = planVan(options, this.#random.fork())
    this.#sites = this.plan.sites.map(site => new SimulatedSite(site, this.plan, this.#random.fork()))
    this.traffic = new Traffic(options, this.#sites, this.#random.fork())
    for (const site of this.#sites) {
      this.#startController(site)
      this.#startRouter(site, site.plan.prefix, this.#random.integer(5), true)
    }
  }

  /** Lets one tick (100 simulated milliseconds) pass. */
  advance(): void {
    this.#tick += 1
    const due = this.#agenda.filter(entry => entry.tick <= this.#tick)
    if (due.length > 0) {
      this.#agenda = this.#agenda.filter(entry => entry.tick > this.#tick)
      for (const { act } of due) act()
    }
    if (this.trafficRuns) this.traffic.tick(this.#tick)
    for (const source of this.#sources()) source.tick(this.#tick)
  }

  /** A FLUSH came for a direct address; false when no source that can be reached has it. */
  flush(direct: string): boolean {
    for (const source of this.#sources()) {
      if (source.direct !== direct || source.isSilent) continue
      source.flush()
      return true
    }
    return false
  }

  /** What a collector that missed nothing shows now. Stop the traffic and let its messages arrive, then compare. */
  truth(): VanTruth {
    const audible = [...this.#sources()].filter(source => !source.isSilent)
    return {
      sources: audible.map(source => source.id),
      records: trueRecords(audible),
      connections: { ...this.traffic.counts, open: this.traffic.open },
    }
  }

  /** Ids of the sources of a site that run now, the router's first. */
  sourceIds(site: SiteName): string[] {
    return sourcesOf(this.#site(site)).map(source => source.id)
  }

  /** The router's container crashes and comes back in its pod: silence, then the same id with all numbers anew. */
  restartRouter(name: SiteName): void {
    const site = this.#site(name)
    if (site.router === undefined) return
    const prefix = site.router.id.slice(0, -2)
    this.#stopRouter(site)
    this.#after(RESTART_TICKS, () => this.#startRouter(site, prefix, BEATS_OF_A_NEW_ROUTER, false))
  }

  /** The router's pod is replaced: its id is never heard of again, and another one takes over its work. */
  replaceRouter(name: SiteName): void {
    const site = this.#site(name)
    if (site.router === undefined) return
    this.#stopRouter(site)
    const prefix = podSuffix(this.#random)
    this.#after(RESTART_TICKS, () => this.#startRouter(site, prefix, BEATS_OF_A_NEW_ROUTER, false))
  }

  /** The router is killed, for good. */
  killRouter(name: SiteName): void {
    this.#stopRouter(this.#site(name))
  }

  /** The controller restarts: same id, same records, and no word of what ended meanwhile. */
  restartController(name: SiteName): void {
    const site = this.#site(name)
    if (site.controller !== undefined) this.#startController(site)
  }

  /** A site is cut off: what its sources say is lost until the site is joined again. */
  silence(name: SiteName, isSilent = true): void {
    for (const source of sourcesOf(this.#site(name))) source.isSilent = isSilent
  }

  /** Sets how far the clocks of a site are ahead of this host's. */
  skewClock(name: SiteName, skewUs: number): void {
    for (const source of sourcesOf(this.#site(name))) source.skewUs = skewUs
  }

  /** The router numbers some messages that no collector gets: co-records to other routers, or loss. */
  leaveGap(name: SiteName, messages: number): void {
    this.#site(name).router?.skipMessageIds(messages)
  }

  /** Every link that the site's router made goes down, or comes up. */
  setLinks(name: SiteName, isUp: boolean): void {
    const site = this.#site(name)
    for (const link of site.links) (isUp ? linkUp : linkDown)(site, link, this.#sites[link.to]!)
  }

  /** A pod is added to a site. Returns its plan, with which it can be removed again. */
  addProcess(name: SiteName, group: string): ProcessPlan {
    const site = this.#site(name)
    const process: ProcessPlan = {
      name: `${group}-${replicaSetHash(this.#random)}-${podSuffix(this.#random)}`,
      group,
      image: `registry.example/shop/${group}:1.4`,
      host: `10.200.${this.#random.integer(256)}.${this.#random.integer(256)}`,
      node: 'node-1',
    }
    site.addProcess(process)
    return process
  }

  /** A pod is removed from a site: the given one, or the last. */
  removeProcess(name: SiteName, process?: ProcessPlan): void {
    const site = this.#site(name)
    const removed = process ?? [...site.processes.keys()].at(-1)
    if (removed !== undefined) site.removeProcess(removed)
  }

  /** The policy of a site with a controller of Skupper 1.x changes. */
  changePolicy(name: SiteName, policy: 'enabled' | 'disabled'): void {
    this.#site(name).controller?.changePolicy(policy)
  }

  /** Every connection closes. */
  closeConnections(): void {
    this.traffic.closeAll(this.#tick)
  }

  #startRouter(site: SimulatedSite, prefix: string, beats: number, isFirst: boolean): void {
    const dialects = this.#options.routerDialects
    const router = new RouterSource({
      prefix,
      dialect: dialects[site.plan.index % dialects.length] ?? 'router-3.x',
      outlet: this.#outlet,
      bornAt: this.#tick,
      beats,
      slot: this.#random.integer(10),
    })
    site.runRouter(router, isFirst)
    this.#after(LINKS_UP_TICKS, () => this.#joinLinks(site))
  }

  #stopRouter(site: SimulatedSite): void {
    const { router } = site
    if (router === undefined) return
    router.isRunning = false
    for (const other of this.#sites) {
      for (const link of other.links) if (link.to === site.plan.index) linkDown(other, link, site)
    }
    for (const link of site.links) linkDown(site, link, this.#sites[link.to]!)
    site.router = undefined
  }

  /** Brings up the links from and to a site, as far as the other routers run. */
  #joinLinks(site: SimulatedSite): void {
    for (const link of site.links) this.#linkUp(site, link)
    for (const other of this.#sites) {
      for (const link of other.links) if (link.to === site.plan.index) this.#linkUp(other, link)
    }
  }

  #linkUp(site: SimulatedSite, link: { to: number; record: SimulatedSite['links'][number]['record'] }): void {
    const peer = this.#sites[link.to]!
    if (peer.router !== undefined) linkUp(site, link, peer)
  }

  #startController(site: SimulatedSite): void {
    const dialects = this.#options.controllerDialects
    const dialect = dialects[site.plan.index % dialects.length]
    if (dialect === undefined) return
    site.runController(
      new ControllerSource({ siteId: site.plan.id, dialect, outlet: this.#outlet, bornAt: this.#tick }),
    )
  }

  *#sources(): Generator<EventSource> {
    for (const site of this.#sites) yield* sourcesOf(site)
  }

  #site(name: SiteName): SimulatedSite {
    const site = this.#sites.find(({ plan }) => plan.index === name || plan.name === name)
    if (site === undefined) throw new RangeError(`there is no site ${name}`)
    return site
  }

  #after(delay: number, act: () => void): void {
    this.#agenda.push({ tick: this.#tick + delay, act })
  }
}

function sourcesOf({ controller, router }: SimulatedSite): EventSource[] {
  return [router, controller].filter(source => source !== undefined)
}
