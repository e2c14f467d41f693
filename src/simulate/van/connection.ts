import { RECORD_TYPE } from '../../vanflow/index.ts'
import { ticks } from './clock.ts'
import type { RouterSource } from './router-source.ts'
import type { SimulatedRecord } from './simulated-record.ts'
import type { Binding } from './simulated-site.ts'

/** How long a router 3.x keeps the end of a BIFLOW_TPORT back, for the other side's attributes to arrive. */
const END_DELAY_TICKS = ticks(5000)

/** Where a connection comes from and goes to. */
export interface ConnectionEnds {
  clientRouter: RouterSource
  listener: Binding
  clientHost: string
  clientPort: number
  serverRouter: RouterSource
  connector: Binding
  /** Routers passed, as attribute `trace` has it. */
  trace: string
  /** The link that the connection crosses, if the two sites have one and its routers count octets. */
  link: CrossedLink | undefined
}

/** A link as a connection crosses it. */
export interface CrossedLink {
  /** The router that tells of the link: the one that made it. */
  router: RouterSource
  record: SimulatedRecord
  /** Whether the client is on the side of that router. */
  isOutward: boolean
}

/** An HTTP request in a connection, as routers see it. */
export interface Request {
  method: string
  status: string
  reason: string
  sent: number
  received: number
  latencyUs: number
}

/** A TCP connection through the network, as the records of one dialect tell it. */
export interface Connection {
  readonly ends: ConnectionEnds
  /** The listener side learns what the connector side knows. */
  joinSides(proxyPort: number): void
  measure(latencyUs: number, processLatencyUs: number): void
  transfer(sent: number, received: number): void
  /** A request begins; the function returned ends it. */
  request(request: Request): () => void
  end(tick: number): void
}

/** Address of the connector side's socket on the server's node. */
const PROXY_HOST = '10.0.0.2'

/** Routers 3.x: one record on the listener side. */
export class BiflowConnection implements Connection {
  readonly ends: ConnectionEnds
  readonly #router: RouterSource
  readonly #flow: SimulatedRecord

  constructor(ends: ConnectionEnds) {
    this.ends = ends
    this.#router = ends.clientRouter
    const identity = this.#router.nextIdentity()
    this.#flow = this.#router.create(RECORD_TYPE.BIFLOW_TPORT, identity, firstAttributes(ends), '.flows')
    // A new record makes its parent due again, even when nothing changed in it.
    this.#router.touch(ends.listener.record)
  }

  joinSides(proxyPort: number): void {
    const { connector, trace } = this.ends
    this.#router.update(this.#flow, {
      trace,
      connector: connector.record.identity,
      proxyHost: PROXY_HOST,
      proxyPort: String(proxyPort),
    })
  }

  measure(latency: number, processLatency: number): void {
    this.#router.update(this.#flow, { latency, processLatency })
  }

  transfer(sent: number, received: number): void {
    this.#router.add(this.#flow, 'octets', sent)
    this.#router.add(this.#flow, 'octetsReverse', received)
  }

  request(request: Request): () => void {
    const { method, status, reason, sent, received, latencyUs } = request
    const router = this.#router
    const attributes = { parent: this.#flow.identity, protocol: 'HTTP/1.1', method, octets: 0, octetsReverse: 0 }
    const record = router.create(RECORD_TYPE.BIFLOW_APP, router.nextIdentity(), attributes, '.flows')
    return () => {
      router.update(record, { octets: sent, latency: latencyUs, result: status, reason, octetsReverse: received })
      router.end(record)
    }
  }

  end(tick: number): void {
    this.#router.end(this.#flow, tick + END_DELAY_TICKS)
  }
}

/** Routers 2.x: a record on each side, joined by `counterflow`. */
export class FlowPairConnection implements Connection {
  readonly ends: ConnectionEnds
  readonly #clientFlow: SimulatedRecord
  #serverFlow: SimulatedRecord | undefined

  constructor(ends: ConnectionEnds) {
    this.ends = ends
    const router = ends.clientRouter
    this.#clientFlow = createFlow(router, { ...firstAttributes(ends), octetsReverse: undefined })
  }

  joinSides(proxyPort: number): void {
    const { connector, serverRouter, trace } = this.ends
    this.#serverFlow = createFlow(serverRouter, {
      parent: connector.record.identity,
      counterflow: this.#clientFlow.identity,
      sourceHost: PROXY_HOST,
      sourcePort: String(proxyPort),
      octets: 0,
      trace,
    })
  }

  measure(latency: number, processLatency: number): void {
    this.ends.clientRouter.update(this.#clientFlow, { latency })
    if (this.#serverFlow !== undefined) this.ends.serverRouter.update(this.#serverFlow, { latency: processLatency })
  }

  transfer(sent: number, received: number): void {
    this.ends.clientRouter.add(this.#clientFlow, 'octets', sent)
    if (this.#serverFlow !== undefined) this.ends.serverRouter.add(this.#serverFlow, 'octets', received)
  }

  request(request: Request): () => void {
    const sides: [RouterSource, SimulatedRecord | undefined, number][] = [
      [this.ends.clientRouter, this.#clientFlow, request.sent],
      [this.ends.serverRouter, this.#serverFlow, request.received],
    ]
    const ends = sides.map(([router, parent, octets]) => {
      if (parent === undefined) return () => undefined
      const { method, latencyUs: latency, status: result, reason } = request
      const flow = createFlow(router, { parent: parent.identity, method, octets: 0 })
      return () => {
        router.update(flow, { octets, latency, result, reason })
        router.end(flow)
      }
    })
    return () => {
      for (const end of ends) end()
    }
  }

  end(): void {
    this.ends.clientRouter.end(this.#clientFlow)
    if (this.#serverFlow !== undefined) this.ends.serverRouter.end(this.#serverFlow)
  }
}

function firstAttributes({ listener, clientHost, clientPort }: ConnectionEnds) {
  return {
    parent: listener.record.identity,
    sourceHost: clientHost,
    sourcePort: String(clientPort),
    octets: 0,
    octetsReverse: 0,
  }
}

function createFlow(router: RouterSource, attributes: Parameters<RouterSource['create']>[2]): SimulatedRecord {
  // Routers before 2.4 have no address of their own for flows.
  const channel = router.dialect === 'router-2.3' ? '' : '.flows'
  return router.create(RECORD_TYPE.FLOW, router.nextIdentity(), attributes, channel)
}
