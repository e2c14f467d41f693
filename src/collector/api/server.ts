import { Readable } from 'node:stream'
import cors from '@fastify/cors'
import fastify, { type FastifyInstance } from 'fastify'
import type { Logger, Service } from '../../common/index.ts'
import { answerErrorsFromTable, TidemarkError } from '../../common/index.ts'
import type { Readiness } from './probes.ts'
import { addProbes } from './probes.ts'
import type { Projection } from './v1alpha1/projection.ts'
import { v1alpha1 } from './v1alpha1/routes.ts'
import type { WatchHub } from './watch/hub.ts'

export const API_PORT = 8010
export const API_PREFIX = '/api/v1alpha1'

/** What the prototype allows when `USE_CORS=yes`. */
const CORS = { origin: '*', methods: ['GET', 'POST', 'OPTIONS', 'PUT', 'PATCH', 'DELETE'], strictPreflight: false }
/** A client that neither sends its request nor takes its answer for so long is cut; watchers are exempt. */
const IDLE_MS = 60_000
const REQUEST_MS = 30_000

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
  #server: FastifyInstance | undefined
  #address: string | undefined

  constructor(options: ApiServerOptions) {
    this.#options = options
  }

  /** Where it listens, as a URL; only while started. */
  get address(): string {
    if (this.#address === undefined) throw new Error('the API server is not started')
    return this.#address
  }

  /** @throws TidemarkError ADDRESS_IN_USE */
  async start(): Promise<void> {
    const { host, port } = this.#options
    const server = await this.#build()
    try {
      this.#address = await server.listen({ host, port })
    } catch (error) {
      await server.close()
      const isInUse = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE'
      throw isInUse
        ? new TidemarkError('ADDRESS_IN_USE', { what: 'the API', address: `${host}:${port}` }, error)
        : error
    }
    this.#server = server
  }

  async stop(): Promise<void> {
    const server = this.#server
    this.#server = undefined
    this.#address = undefined
    this.#options.hub.stop()
    await server?.close()
  }

  async #build(): Promise<FastifyInstance> {
    const { projection, hub, metrics, readiness, log } = this.#options
    const server = fastify({
      logger: false,
      forceCloseConnections: true,
      connectionTimeout: IDLE_MS,
      requestTimeout: REQUEST_MS,
      exposeHeadRoutes: false,
    })
    if (this.#options.cors) await server.register(cors, CORS)
    server.addHook('onRequest', (request, _reply, done) => {
      log.debug({ method: request.method, url: request.url }, 'request')
      done()
    })
    answerErrorsFromTable(server, log)
    addProbes(server, readiness)
    server.get('/metrics', (_request, reply) =>
      reply.header('content-type', metrics.contentType).send(Readable.from(metrics.blocks(), { highWaterMark: 1 })),
    )
    await server.register(
      (scope, _options, done) => {
        v1alpha1({ projection, hub, log })(scope)
        done()
      },
      { prefix: API_PREFIX },
    )
    return server
  }
}
