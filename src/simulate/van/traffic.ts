import type { Random } from '../random.ts'
import { TICK_MS, ticks } from './clock.ts'
import {
  BiflowConnection,
  type Connection,
  type ConnectionEnds,
  type CrossedLink,
  FlowPairConnection,
  type Request,
} from './connection.ts'
import type { RouterSource } from './router-source.ts'
import type { SimulatedSite } from './simulated-site.ts'

export interface TrafficOptions {
  /** New connections a second in the whole network. */
  rate: number
  /** Mean duration of a connection. */
  meanDurationMs: number
  /** HTTP requests a second in each connection to a service that speaks HTTP. */
  requestRate: number
  /**
   * Live flows in one router beyond which it makes no more records (it goes on counting connections), as routers
   * since 3.4 do.
   */
  flowLimit: number
}

/** What really went on in the network, whoever was there to hear of it. */
export interface TrafficCounts {
  opened: number
  closed: number
  /** Connections that ended because a router went away. */
  cut: number
  /** Connections that a router counted but made no record of. */
  uncounted: number
  requests: number
  /** Octets from clients to servers, and back. */
  sent: number
  received: number
}

interface Live {
  connection: Connection
  endsAt: number
  joinsAt: number
  isMeasured: boolean
  sentPerSecond: number
  receivedPerSecond: number
  requestRate: number
  finishRequest: (() => void) | undefined
}

const STEP_TICKS = ticks(1000)
const METHODS = ['GET', 'GET', 'GET', 'POST', 'PUT', 'DELETE']
const ANSWERS: readonly [string, string][] = [
  ['200', 'OK'],
  ['200', 'OK'],
  ['200', 'OK'],
  ['201', 'Created'],
  ['404', 'Not Found'],
  ['503', 'Service Unavailable'],
]

/** Opens connections through the network, moves octets in them, and closes them. */
export class Traffic {
  readonly counts: TrafficCounts = { opened: 0, closed: 0, cut: 0, uncounted: 0, requests: 0, sent: 0, received: 0 }
  readonly #options: TrafficOptions
  readonly #sites: readonly SimulatedSite[]
  readonly #random: Random
  /** Live connections by the tenth of a second at which they move. */
  readonly #live: Set<Live>[] = Array.from({ length: STEP_TICKS }, () => new Set())
  readonly #flowsOf = new Map<RouterSource, number>()
  #owed = 0
  #nextPort = 0

  constructor(options: TrafficOptions, sites: readonly SimulatedSite[], random: Random) {
    this.#options = options
    this.#sites = sites
    this.#random = random
  }

  /** How many connections are live. */
  get open(): number {
    return this.#live.reduce((sum, live) => sum + live.size, 0)
  }

  tick(tick: number): void {
    this.#owed += (this.#options.rate * TICK_MS) / 1000
    for (; this.#owed >= 1; this.#owed -= 1) this.#open(tick)
    const moving = this.#live[tick % STEP_TICKS]!
    for (const live of moving) if (!this.#move(live, tick)) moving.delete(live)
  }

  /** Closes every connection now. */
  closeAll(tick: number): void {
    for (const group of this.#live) {
      for (const live of group) this.#close(live, tick)
      group.clear()
    }
  }

  #open(tick: number): void {
    const ends = this.#pickEnds()
    if (ends === undefined) return
    this.counts.opened += 1
    const { clientRouter, serverRouter, listener, connector } = ends
    clientRouter.add(listener.record, 'flowCountL4', 1)
    // Routers count their own connection to the server as well, once: after the first client they say 2.
    serverRouter.add(connector.record, 'flowCountL4', connector.record.get('flowCountL4') === 0 ? 2 : 1)
    const flows = this.#flowsOf.get(clientRouter) ?? 0
    if (flows >= this.#options.flowLimit) {
      this.counts.uncounted += 1
      return
    }
    this.#flowsOf.set(clientRouter, flows + 1)
    const isBiflow = clientRouter.dialect === 'router-3.x'
    const random = this.#random
    this.#live[tick % STEP_TICKS]!.add({
      connection: isBiflow ? new BiflowConnection(ends) : new FlowPairConnection(ends),
      endsAt: tick + ticks(random.exponential(this.#options.meanDurationMs)),
      joinsAt: tick + random.integer(ticks(2000)),
      isMeasured: false,
      sentPerSecond: 200 + random.integer(20_000),
      receivedPerSecond: 500 + random.integer(100_000),
      requestRate: listener.service.http ? this.#options.requestRate : 0,
      finishRequest: undefined,
    })
  }

  #pickEnds(): ConnectionEnds | undefined {
    const client = this.#random.pick(this.#sites)
    const clientRouter = client.router
    if (clientRouter === undefined || client.listeners.length === 0) return undefined
    const listener = this.#random.pick(client.listeners)
    const server = this.#sites[listener.service.servedAt]
    const serverRouter = server?.router
    const connector = server?.connectors.find(({ service }) => service === listener.service)
    if (server === undefined || serverRouter === undefined || connector === undefined) return undefined
    this.#nextPort = (this.#nextPort + 1) % 28_000
    return {
      clientRouter,
      listener,
      clientHost: this.#random.pick(client.plan.processes).host,
      clientPort: 32_768 + this.#nextPort,
      serverRouter,
      connector,
      trace: traceOf(client, server, this.#sites),
      link: linkBetween(client, server),
    }
  }

  /** Lets a second pass in a connection; false when it is over. */
  #move(live: Live, tick: number): boolean {
    const { connection } = live
    const { clientRouter, serverRouter } = connection.ends
    if (!clientRouter.isRunning || !serverRouter.isRunning) {
      // The side that is left sees the connection break; the other says nothing any more.
      live.finishRequest?.()
      connection.end(tick)
      this.#forget(live)
      this.counts.cut += 1
      return false
    }
    if (live.joinsAt !== -1 && tick >= live.joinsAt) {
      connection.joinSides(40_000 + this.#nextPort)
      live.joinsAt = -1
    } else if (live.joinsAt === -1 && !live.isMeasured) {
      const processLatencyUs = 200 + this.#random.integer(20_000)
      connection.measure(processLatencyUs + 300 + this.#random.integer(3000), processLatencyUs)
      live.isMeasured = true
    }
    live.finishRequest?.()
    live.finishRequest = undefined
    if (this.#random.chance(live.requestRate)) this.#request(live)
    this.#transfer(live)
    if (tick < live.endsAt) return true
    this.#close(live, tick)
    return false
  }

  #transfer({ connection, sentPerSecond, receivedPerSecond }: Live): void {
    connection.transfer(sentPerSecond, receivedPerSecond)
    this.counts.sent += sentPerSecond
    this.counts.received += receivedPerSecond
    const { link } = connection.ends
    if (link === undefined) return
    link.router.add(link.record, 'octets', link.isOutward ? sentPerSecond : receivedPerSecond)
    link.router.add(link.record, 'octetsReverse', link.isOutward ? receivedPerSecond : sentPerSecond)
  }

  #request(live: Live): void {
    const [status, reason] = this.#random.pick(ANSWERS)
    const request: Request = {
      method: this.#random.pick(METHODS),
      status,
      reason,
      sent: this.#random.integer(2000),
      received: this.#random.integer(50_000),
      latencyUs: 500 + this.#random.integer(40_000),
    }
    this.counts.requests += 1
    const finish = live.connection.request(request)
    // Half of them are over before the router next tells anything: they come in one map, start and end.
    if (this.#random.chance(0.5)) finish()
    else live.finishRequest = finish
  }

  #close(live: Live, tick: number): void {
    // A router holds the end of a connection back for 5 s, in which the connector's side is heard of.
    if (live.joinsAt !== -1) live.connection.joinSides(40_000 + this.#nextPort)
    live.finishRequest?.()
    live.connection.end(tick)
    this.#forget(live)
    this.counts.closed += 1
  }

  #forget({ connection }: Live): void {
    const router = connection.ends.clientRouter
    this.#flowsOf.set(router, (this.#flowsOf.get(router) ?? 1) - 1)
  }
}

/** The routers that a connection passes before the last, as attribute `trace` has them. */
function traceOf(client: SimulatedSite, server: SimulatedSite, sites: readonly SimulatedSite[]): string {
  if (client === server) return 'Local'
  const isLinked = client.plan.linksTo.includes(server.plan.index) || server.plan.linksTo.includes(client.plan.index)
  const hub = sites[0]!
  return isLinked ? client.routerName : `${client.routerName}|${hub.routerName}`
}

function linkBetween(client: SimulatedSite, server: SimulatedSite): CrossedLink | undefined {
  for (const [near, far] of [
    [client, server],
    [server, client],
  ] as const) {
    const link = near.links.find(({ to, record }) => to === far.plan.index && record.get('octets') !== undefined)
    if (link !== undefined && near.router !== undefined) {
      return { router: near.router, record: link.record, isOutward: near === client }
    }
  }
  return undefined
}
