import { Readable } from 'node:stream'
import cors from '@fastify/cors'
import fastify, { type FastifyInstance } from 'fastify'
import type { GateCounts, HttpAccessOptions, Logger, Service } from '../../common/index.ts'
import { answerErrorsFromTable, compressLargeBodies, HttpGate, listenError, says } from '../../common/index.ts'
import type { Readiness } from './probes.ts'
import { addProbes } from './probes.ts'
import type { Projection } from './v1alpha1/projection.ts'
import { type V1alpha1Options, v1alpha1 } from './v1alpha1/routes.ts'
import type { WatchHub } from './watch/hub.ts'

export const API_PREFIX = '/api/v1alpha1'

/** What the prototype allows when `USE_CORS=yes`. */
const CORS = { origin: '*', methods: ['GET', 'POST', 'OPTIONS', 'PUT', 'PATCH', 'DELETE'], strictPreflight: false }
const REQUEST_TIMEOUT_MS = 30_000
/** Nobody has reason to send the collector a body. */
const BODY_BYTES = 65_536
/** Connections that may stand beside those of watchers. */
const OTHER_CONNECTIONS = 4096

/** What `/metrics` sends. */
export interface MetricsText {
  readonly contentType: string
  /** In blocks, so that no scrape holds the event loop for long. */
  blocks(): AsyncIterable<string>
}

export interface ApiServerOptions {
  host: string
  /** 0 takes a free one, see `address`. */
  port: number
  /** Who may use it. */
  access: HttpAccessOptions
  /** Whether pages of other origins may read the API. */
  cors: boolean
  projection: Projection
  hub: WatchHub
  metrics: MetricsText
  readiness: () => Readiness
  log: Logger
}

/** The collector's HTTP server: v1alpha1, metrics and probes. */
export class ApiServer implements Service {
  readonly #options: ApiServerOptions
  readonly #gate: HttpGate
  #server: FastifyInstance | undefined
  #address: string | undefined

  constructor(options: ApiServerOptions) {
    this.#options = options
    this.#gate = new HttpGate({
      section: 'http',
      bindAddress: options.host,
      access: options.access,
      requestTimeoutMs: REQUEST_TIMEOUT_MS,
      maxConnections: options.hub.maxWatchers + OTHER_CONNECTIONS,
      log: options.log,
    })
  }

  /** Where it listens, as a URL; only while started. */
  get address(): string {
    if (this.#address === undefined) throw new Error('the API server is not started')
    return this.#address
  }

  /** Its connections, and what it refused. */
  get counts(): Readonly<GateCounts> {
    return this.#gate.counts
  }

  /**
   * @throws TidemarkError ADDRESS_IN_USE, LISTEN_FAILED, HTTP_UNGUARDED, HTTP_KEY_PAIR_INCOMPLETE, HTTP_FILE_UNUSABLE
   */
  async start(): Promise<void> {
    const { host, port } = this.#options
    await this.#gate.open()
    const server = await this.#build()
    try {
      this.#address = this.#gate.url(await server.listen({ host, port }))
    } catch (error) {
      this.#gate.close()
      await server.close()
      throw listenError('the API', `${host}:${port}`, error)
    }
    this.#server = server
  }

  async stop(): Promise<void> {
    const server = this.#server
    this.#server = undefined
    this.#address = undefined
    this.#gate.close()
    this.#options.hub.stop()
    await server?.close()
  }

  async #build(): Promise<FastifyInstance> {
    const { log } = this.#options
    const server = fastify({
      logger: false,
      serverFactory: this.#gate.serverFactory,
      bodyLimit: BODY_BYTES,
      forceCloseConnections: true,
      exposeHeadRoutes: false,
    })
    if (this.#options.cors) await server.register(cors, CORS)
    server.addHook('onRequest', (request, _reply, done) => {
      log.debug({ method: request.method, url: request.url }, 'request')
      done()
    })
    answerErrorsFromTable(server, log)
    compressLargeBodies(server)
    this.#gate.guard(server)
    await addCollectorRoutes(server, { ...this.#options, endWhenWithdrawn: this.#gate.endWhenWithdrawn })
    return server
  }
}

/** What the API server answers. */
export async function addCollectorRoutes(
  server: FastifyInstance,
  {
    readiness,
    metrics,
    projection,
    hub,
    endWhenWithdrawn,
    log,
  }: Pick<ApiServerOptions, 'metrics' | 'readiness'> & V1alpha1Options,
): Promise<void> {
  addProbes(server, readiness)
  server.get(
    '/metrics',
    says('[Metrics](metrics-collector.md) of the network and of the collector.'),
    (_request, reply) =>
      reply.header('content-type', metrics.contentType).send(Readable.from(metrics.blocks(), { highWaterMark: 1 })),
  )
  await server.register(
    (scope, _options, done) => {
      v1alpha1({ projection, hub, endWhenWithdrawn, log })(scope)
      done()
    },
    { prefix: API_PREFIX },
  )
}
