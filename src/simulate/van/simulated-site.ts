import type { Random } from '../random.ts'
import { nowUs } from './clock.ts'
import type { ControllerSource } from './controller-source.ts'
import { type ProcessPlan, replicaSetHash, type ServicePlan, type SitePlan, type VanPlan } from './plan.ts'
import type { RouterSource } from './router-source.ts'
import type { SimulatedRecord } from './simulated-record.ts'
import {
  createAccess,
  createConnector,
  createLink,
  createListener,
  createOldLink,
  createProcess,
  createRouter,
  createSite,
  type Identity,
} from './site-records.ts'

/** A LISTENER or CONNECTOR of a service on a site's router. */
export interface Binding {
  service: ServicePlan
  record: SimulatedRecord
}

/** A link from a site's router to another's. */
export interface SiteLink {
  /** Index of the other site. */
  to: number
  record: SimulatedRecord
}

/** What lives in one site: its router and controller as they run now, and their records. */
export class SimulatedSite {
  readonly plan: SitePlan
  /** Undefined while the router is down. */
  router: RouterSource | undefined
  controller: ControllerSource | undefined
  /** The router's name in traces, with its area. */
  routerName = ''
  /** The router's listener for other routers, if it has one. */
  access: SimulatedRecord | undefined
  links: SiteLink[] = []
  listeners: Binding[] = []
  connectors: Binding[] = []
  /** The process records that the controller tells of. */
  readonly processes = new Map<ProcessPlan, SimulatedRecord>()
  readonly #van: VanPlan
  readonly #random: Random
  /** Who the processes are; a controller tells the same of them after its restart. */
  readonly #identities = new Map<ProcessPlan, Identity>()
  readonly #createdUs = nowUs()

  constructor(plan: SitePlan, van: VanPlan, random: Random) {
    this.plan = plan
    this.#van = van
    this.#random = random
  }

  /**
   * Lets a router run here, with all records that its configuration asks for.
   *
   * @param isFirst false after a restart: a restarted router numbers its records anew and seldom in the same order,
   *   so that ids come back as other things
   */
  runRouter(router: RouterSource, isFirst: boolean): void {
    this.router = router
    this.#createRouter(router)
    const steps = [
      () => this.#createLinks(router),
      () => this.#createListeners(router),
      () => this.#createConnectors(router),
    ]
    for (const step of isFirst ? steps : this.#random.shuffle(steps)) step()
  }

  /** Lets a controller run here. Its records keep their identities over a restart. */
  runController(controller: ControllerSource): void {
    this.controller = controller
    createSite(controller, this.plan, this.#createdUs)
    const running = this.processes.size > 0 ? [...this.processes.keys()] : this.plan.processes
    this.processes.clear()
    for (const process of running) this.addProcess(process)
  }

  addProcess(process: ProcessPlan): void {
    if (this.controller === undefined) return
    const identity = this.#identities.get(process) ?? { uid: this.#random.uuid(), startUs: this.controller.nowUs }
    this.#identities.set(process, identity)
    this.processes.set(process, createProcess(this.controller, this.plan, identity, process))
  }

  removeProcess(process: ProcessPlan): void {
    const record = this.processes.get(process)
    if (record === undefined) return
    this.processes.delete(process)
    this.controller?.end(record)
  }

  #createRouter(router: RouterSource): void {
    const pod = `skupper-router-${replicaSetHash(this.#random)}-${router.id.slice(0, 5)}`
    this.routerName = router.dialect === 'router-3.x' ? `0/${this.plan.name}-${pod}` : `0/${oldName(this.plan)}`
    createRouter(router, this.plan, pod, this.routerName)
    if (this.controller === undefined && router.dialect === 'router-3.x') createSite(router, this.plan, router.nowUs)
  }

  #createLinks(router: RouterSource): void {
    const { index, linksTo } = this.plan
    const incoming = this.#van.sites.filter(site => site.linksTo.includes(index))
    const outgoing = linksTo.map(to => this.#van.sites[to]!)
    if (router.dialect === 'router-3.x') {
      this.access = incoming.length > 0 ? createAccess(router) : undefined
      this.links = outgoing.map(site => ({ to: site.index, record: createLink(router, site) }))
      return
    }
    this.links = [
      ...outgoing.map(site => ({ to: site.index, record: createOldLink(router, oldName(site), 'outgoing') })),
      ...incoming.map(site => ({ to: site.index, record: createOldLink(router, oldName(site), 'incoming') })),
    ]
  }

  #createListeners(router: RouterSource): void {
    const used = this.#van.services.filter(service => service.usedAt.includes(this.plan.index))
    this.listeners = used.map((service, index) => ({ service, record: createListener(router, service, 1024 + index) }))
  }

  #createConnectors(router: RouterSource): void {
    const served = this.#van.services.filter(service => service.servedAt === this.plan.index)
    this.connectors = served.map(service => {
      const server = this.plan.processes.find(process => process.group === service.name)!
      return { service, record: createConnector(router, service, server) }
    })
  }
}

/** A router 2.x's name without its area; its pod does not show in it, so that its neighbours need not learn it anew. */
function oldName(site: SitePlan): string {
  return `${site.name}-skupper-router`
}
