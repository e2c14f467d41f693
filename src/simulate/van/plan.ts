import type { Random } from '../random.ts'

/** A service address of the network, and where it lives. */
export interface ServicePlan {
  /** Its VAN address, as applications know it. */
  name: string
  port: string
  /** Whether its connections carry HTTP requests that routers see. */
  http: boolean
  /** The site whose processes serve it. */
  servedAt: number
  /** The sites where clients find it. */
  usedAt: readonly number[]
}

export interface ProcessPlan {
  name: string
  /** Process group: its `app.kubernetes.io/name`. */
  group: string
  image: string
  host: string
  node: string
}

export interface SitePlan {
  index: number
  id: string
  name: string
  /** Five characters of the router pod's name, from which its ids are made. */
  prefix: string
  processes: readonly ProcessPlan[]
  /** Sites that this site's router connects to. */
  linksTo: readonly number[]
}

/** What a simulated network consists of before anything runs. */
export interface VanPlan {
  sites: readonly SitePlan[]
  services: readonly ServicePlan[]
}

export interface PlanOptions {
  routers: number
  services: number
  /** Processes in each site, those that serve included; never fewer than those. */
  processes: number
}

const SITE_NAMES = ['west', 'east', 'north', 'south', 'centre', 'lab', 'edge', 'cloud']
const SERVICES: readonly { name: string; port: string; http: boolean }[] = [
  { name: 'backend', port: '8080', http: true },
  { name: 'database', port: '5432', http: false },
  { name: 'cart', port: '9090', http: true },
  { name: 'catalog', port: '8081', http: true },
  { name: 'payments', port: '8443', http: false },
  { name: 'mail', port: '2525', http: false },
]
const CLIENTS = ['frontend', 'mobile', 'reports', 'worker']
/** Kubernetes makes its random suffixes of these: no vowels, so no words. */
const POD_ALPHABET = 'bcdfghjklmnpqrstvwxz2456789'
/** Up to this many sites every router links to every other; beyond, all link to the first. */
const LARGEST_MESH = 3

/** Draws up a network: the same options and seed give the same one. */
export function planVan({ routers, services, processes }: PlanOptions, random: Random): VanPlan {
  const servicePlans = Array.from({ length: services }, (_, index) => planService(index, routers, random))
  const prefixes = new Set<string>()
  const sites = Array.from({ length: routers }, (_, index) => {
    const served = servicePlans.filter(service => service.servedAt === index)
    return {
      index,
      id: random.uuid(),
      name: SITE_NAMES[index] ?? `site-${index + 1}`,
      prefix: freshSuffix(prefixes, random),
      processes: planProcesses(index, served, processes, random),
      linksTo: linksOf(index, routers),
    }
  })
  return { sites, services: servicePlans }
}

/** A pod's suffix that no other of the network has: among a thousand, two would be the same now and then. */
function freshSuffix(taken: Set<string>, random: Random): string {
  const suffix = podSuffix(random)
  if (taken.has(suffix)) return freshSuffix(taken, random)
  taken.add(suffix)
  return suffix
}

/** Five characters as they end a pod's name. */
export function podSuffix(random: Random): string {
  return random.text(5, POD_ALPHABET)
}

/** The middle part of a pod's name, which its replica set gives. */
export function replicaSetHash(random: Random): string {
  return random.text(10, POD_ALPHABET)
}

function planService(index: number, routers: number, random: Random): ServicePlan {
  const known = SERVICES[index] ?? { name: `service-${index + 1}`, port: String(9000 + index), http: index % 2 === 0 }
  const everywhere = Array.from({ length: routers }, (_, site) => site)
  // In a large network each service is used at three sites, else listeners would grow as the square of its size.
  const usedAt = routers <= LARGEST_MESH ? everywhere : random.shuffle(everywhere).slice(0, LARGEST_MESH)
  return { ...known, servedAt: (index + 1) % routers, usedAt }
}

function planProcesses(site: number, served: readonly ServicePlan[], count: number, random: Random): ProcessPlan[] {
  const clients = Math.max(1, count - served.length)
  const groups = [
    ...served.map(service => service.name),
    ...Array.from({ length: clients }, (_, index) => CLIENTS[(site + index) % CLIENTS.length]!),
  ]
  return groups.map((group, index) => ({
    name: `${group}-${replicaSetHash(random)}-${podSuffix(random)}`,
    group,
    image: `registry.example/shop/${group}:1.4`,
    host: `10.${1 + ((site >> 8) & 0x7f)}.${site & 0xff}.${5 + index}`,
    node: `node-${1 + (index % 3)}`,
  }))
}

function linksOf(site: number, routers: number): number[] {
  if (routers <= LARGEST_MESH) return Array.from({ length: routers - 1 - site }, (_, index) => site + 1 + index)
  return site === 0 ? [] : [0]
}
