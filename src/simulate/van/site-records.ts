import { RECORD_TYPE } from '../../vanflow/index.ts'
import type { ControllerSource } from './controller-source.ts'
import type { ProcessPlan, ServicePlan, SitePlan } from './plan.ts'
import { ROUTER_VERSIONS, type RouterSource } from './router-source.ts'
import type { SimulatedRecord } from './simulated-record.ts'

/**
 * The records that stand for a site's parts, each with the attributes that a real source gives it when it is
 * created.
 */

/** What stays of a pod over a restart of its site's controller. */
export interface Identity {
  uid: string
  startUs: number
}

export function createSite(source: ControllerSource | RouterSource, site: SitePlan, startUs: number): SimulatedRecord {
  const isV1 = source.dialect === 'controller-v1'
  return source.create(RECORD_TYPE.SITE, site.id, {
    startTime: startUs,
    provider: isV1 ? undefined : 'kubernetes',
    platform: 'kubernetes',
    namespace: `shop-${site.name}`,
    name: site.name,
    buildVersion: isV1 ? undefined : '2.2.1',
    // Codes 52 and 53, which controllers of Skupper 1.x used for the version and the policy.
    linkCount: isV1 ? '1.8.2' : undefined,
    operStatus: isV1 ? 'disabled' : undefined,
  })
}

export function createProcess(
  controller: ControllerSource,
  site: SitePlan,
  { uid, startUs }: Identity,
  process: ProcessPlan,
): SimulatedRecord {
  return controller.create(RECORD_TYPE.PROCESS, uid, {
    startTime: startUs,
    parent: site.id,
    // Controllers of Skupper 1.x send 0 for a process that lives.
    endTime: controller.dialect === 'controller-v1' ? 0 : undefined,
    mode: 'external',
    sourceHost: process.host,
    imageName: process.image,
    hostname: process.node,
    name: process.name,
    group: process.group,
  })
}

/** @param name the router's name with its area, for example `0/west-skupper-router-6d8f9c7b5-fz6wq` */
export function createRouter(router: RouterSource, site: SitePlan, pod: string, name: string): SimulatedRecord {
  return router.create(RECORD_TYPE.ROUTER, router.nextIdentity(), {
    parent: site.id,
    namespace: `shop-${site.name}`,
    mode: router.dialect === 'router-2.3' ? undefined : 'interior',
    hostname: pod,
    name,
    buildVersion: ROUTER_VERSIONS[router.dialect],
  })
}

export function createAccess(router: RouterSource): SimulatedRecord {
  return router.create(RECORD_TYPE.ROUTER_ACCESS, router.nextIdentity(), {
    parent: router.id,
    name: 'skupper-router-inter-router',
    linkCount: 0,
    role: 'inter-router',
  })
}

/** A link of a router 3.x: one for each connector, down until it comes up. */
export function createLink(router: RouterSource, to: SitePlan): SimulatedRecord {
  return router.create(RECORD_TYPE.LINK, router.nextIdentity(), {
    parent: router.id,
    protocol: 'amqps',
    destPort: '55671',
    octets: 0,
    name: `link-to-${to.name}`,
    linkCost: 1,
    operStatus: 'down',
    role: 'inter-router',
    downCount: 0,
    octetsReverse: 0,
    httpProxy: 'no',
  })
}

/**
 * A link of a router 2.x: both ends tell of it, each with the other router's name.
 *
 * @param peer the other router's name without its area
 */
export function createOldLink(router: RouterSource, peer: string, direction: 'incoming' | 'outgoing'): SimulatedRecord {
  return router.create(RECORD_TYPE.LINK, router.nextIdentity(), {
    parent: router.id,
    mode: 'interior',
    name: peer,
    linkCost: 1,
    direction,
  })
}

export function createListener(router: RouterSource, service: ServicePlan, port: number): SimulatedRecord {
  return router.create(RECORD_TYPE.LISTENER, router.nextIdentity(), {
    parent: router.id,
    destHost: '0.0.0.0',
    protocol: 'tcp',
    destPort: String(port),
    vanAddress: service.name,
    name: service.name,
    flowCountL4: 0,
  })
}

export function createConnector(router: RouterSource, service: ServicePlan, server: ProcessPlan): SimulatedRecord {
  return router.create(RECORD_TYPE.CONNECTOR, router.nextIdentity(), {
    parent: router.id,
    destHost: server.host,
    protocol: 'tcp',
    destPort: service.port,
    vanAddress: service.name,
    name: `${service.name}@${server.host}`,
    flowCountL4: 0,
  })
}
