import { createServer, type RequestListener, type Server } from 'node:http'
import { createServer as createTlsServer, type Server as TlsServer } from 'node:https'
import type { Socket } from 'node:net'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { messageOf, TidemarkError } from '../errors/index.ts'
import type { Logger } from '../log.ts'
import { LogThrottle } from '../log-throttle.ts'
import { Admissions } from './admissions.ts'
import { accepts, challenge } from './credentials.ts'
import { FileWatch } from './file-watch.ts'
import type { HttpAccessOptions } from './options.ts'
import { requireGuard } from './require-guard.ts'
import { readSecrets, type Secrets } from './secrets.ts'

export interface HttpGateOptions {
  /** The configuration's section, for messages: `http`, `plugins.api`. */
  section: string
  bindAddress: string
  access: HttpAccessOptions
  /** How long a client may take to send a whole request, in milliseconds. */
  requestTimeoutMs: number
  /** Connections beyond this number are closed at once. */
  maxConnections: number
  log: Logger
}

/** How long a client may take for the head of a request, and for the handshake of TLS. */
const HEAD_TIMEOUT_MS = 10_000
/** A connection on which nothing moves for so long is closed. */
const IDLE_TIMEOUT_MS = 60_000
/** What the head of a request may have in all, and its URL alone, which is told apart in the answer. */
const HEADER_BYTES = 16_384
const URL_LENGTH = 8192
/** How often it is looked for requests that take too long. */
const OVERDUE_CHECK_MS = 1000

/** What anyone may ask: it tells how the process does, and nothing of what it knows. */
const PROBES = new Set(['/healthz', '/readyz'])

/** What a gate has seen. */
export interface GateCounts {
  /** Connections that are open now. */
  connections: number
  /** Connections that were closed at once, because there were as many as may be. */
  turnedAway: number
  /** Requests that were refused for want of accepted credentials. */
  unauthorized: number
}

/** Who may use an HTTP server, and how much of it: TLS, authentication and limits, for both roles. */
export class HttpGate {
  readonly #options: HttpGateOptions
  readonly #watch: FileWatch
  readonly #warnings: LogThrottle
  readonly #tlsServers: TlsServer[] = []
  readonly #admissions = new Admissions()
  readonly #counts: GateCounts = { connections: 0, turnedAway: 0, unauthorized: 0 }
  #secrets: Secrets = { credentials: {} }
  #lastProblem = ''

  constructor(options: HttpGateOptions) {
    this.#options = options
    const { certificateFile, keyFile, tokenFile, passwordFile } = options.access
    this.#watch = new FileWatch([certificateFile, keyFile, tokenFile, passwordFile].filter(file => file !== ''))
    this.#warnings = new LogThrottle(options.log)
  }

  get counts(): Readonly<GateCounts> {
    return this.#counts
  }

  /**
   * Reads the files and goes on to watch them. A change that cannot be used is logged, and what held before goes on.
   *
   * @throws TidemarkError HTTP_UNGUARDED, HTTP_KEY_PAIR_INCOMPLETE, HTTP_FILE_UNUSABLE
   */
  async open(): Promise<void> {
    const { section, bindAddress, access } = this.#options
    requireGuard(section, bindAddress, access)
    await this.#watch.start(() => this.#reload())
    try {
      this.#secrets = await readSecrets(access)
    } catch (error) {
      this.close()
      throw error
    }
  }

  close(): void {
    this.#watch.stop()
    this.#tlsServers.length = 0
    this.#warnings.flush()
  }

  /** Makes the server for the framework, which may ask for several: `localhost` has two addresses. */
  readonly serverFactory = (handler: RequestListener): Server => {
    const { requestTimeoutMs, maxConnections } = this.#options
    const limits = {
      maxHeaderSize: HEADER_BYTES,
      headersTimeout: Math.min(HEAD_TIMEOUT_MS, requestTimeoutMs),
      requestTimeout: requestTimeoutMs,
      keepAliveTimeout: IDLE_TIMEOUT_MS,
      connectionsCheckingInterval: OVERDUE_CHECK_MS,
    }
    const { tls } = this.#secrets
    const server =
      tls === undefined
        ? createServer(limits, handler)
        : createTlsServer({ ...limits, ...tls, handshakeTimeout: HEAD_TIMEOUT_MS }, handler)
    if ('setSecureContext' in server) this.#tlsServers.push(server)
    server.maxConnections = maxConnections
    server.setTimeout(IDLE_TIMEOUT_MS)
    this.#count(server)
    return server
  }

  #count(server: Server): void {
    server.on('connection', (socket: Socket) => {
      this.#counts.connections += 1
      socket.once('close', () => {
        this.#counts.connections -= 1
      })
    })
    server.on('drop', () => {
      this.#counts.turnedAway += 1
      this.#warnings.warn(() => [
        { connections: this.#counts.connections },
        'a connection was closed at once: there are as many as may be',
      ])
    })
  }

  /** Refuses requests that nobody may send, before their body is read. Call it before adding routes. */
  guard(server: FastifyInstance): void {
    server.addHook('onRequest', async (request, reply) => {
      if (request.url.length > URL_LENGTH) throw new TidemarkError('HTTP_URL_TOO_LONG', { limit: URL_LENGTH })
      if (PROBES.has(request.routeOptions.url ?? '')) return
      const { credentials } = this.#secrets
      if (accepts(credentials, request.headers.authorization)) {
        this.#admissions.add(request.raw, reply.raw)
        return
      }
      this.#counts.unauthorized += 1
      this.#warnings.warn(() => [{ client: request.ip }, 'a request without accepted credentials was refused'])
      reply.header('www-authenticate', challenge(credentials))
      throw new TidemarkError('HTTP_UNAUTHORIZED')
    })
  }

  /** Has the answer to a request end in its own way when its credentials are withdrawn; else its connection is cut. */
  readonly endWhenWithdrawn = (request: FastifyRequest, end: () => void): void =>
    this.#admissions.endBy(request.raw, end)

  /** The URL of a listening server, whose scheme the framework does not know. */
  url(address: string): string {
    return this.#secrets.tls === undefined ? address : address.replace(/^http:/, 'https:')
  }

  async #reload(): Promise<boolean> {
    try {
      const secrets = await readSecrets(this.#options.access)
      if (secrets.tls !== undefined) for (const server of this.#tlsServers) server.setSecureContext(secrets.tls)
      this.#secrets = secrets
      this.#lastProblem = ''
      const ended = await this.#admissions.review(secrets.credentials)
      const { section, log } = this.#options
      log.info(
        { section, ended },
        'changed certificates and credentials are in force; who is accepted no longer was cut',
      )
      return true
    } catch (error) {
      const problem = messageOf(error)
      // It is tried again each second; one line is enough.
      if (problem !== this.#lastProblem) this.#options.log.error({ problem }, 'the former credentials go on to hold')
      this.#lastProblem = problem
      return false
    }
  }
}
