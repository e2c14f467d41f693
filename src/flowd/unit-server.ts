import { type FastifyInstance, fastify } from 'fastify'
import {
  answerErrorsFromTable,
  bareHost,
  compressLargeBodies,
  type HttpAccessOptions,
  HttpGate,
  type Logger,
  listenError,
} from '../common/index.ts'
import { addHealthRoutes } from './health.ts'
import type { UnitContext } from './unit.ts'

export interface UnitServerOptions {
  /** The configuration's section: `plugins.api`. */
  section: string
  /** Who serves, for messages: `plugin api`. */
  what: string
  bindAddress: string
  /** 0 takes a free one. */
  port: number
  access: HttpAccessOptions
  maxConnections: number
  log: Logger
  health: UnitContext['health']
}

const REQUEST_TIMEOUT_MS = 10_000
const BODY_BYTES = 65_536

/** An HTTP server of a unit: behind the gate, with probes, and with errors of the table. */
export class UnitServer {
  readonly #options: UnitServerOptions
  readonly #gate: HttpGate
  #server: FastifyInstance | undefined

  constructor(options: UnitServerOptions) {
    this.#options = options
    const { section, bindAddress, access, maxConnections, log } = options
    this.#gate = new HttpGate({
      section,
      bindAddress,
      access,
      requestTimeoutMs: REQUEST_TIMEOUT_MS,
      maxConnections,
      log,
    })
  }

  /**
   * Listens, with the routes that the unit adds.
   *
   * @returns where, as a URL
   * @throws TidemarkError ADDRESS_IN_USE, LISTEN_FAILED, HTTP_UNGUARDED, HTTP_KEY_PAIR_INCOMPLETE, HTTP_FILE_UNUSABLE
   */
  async start(addRoutes: (server: FastifyInstance) => void): Promise<string> {
    const { what, bindAddress, port } = this.#options
    await this.#gate.open()
    const server = this.#create(addRoutes)
    try {
      const address = await server.listen({ host: bareHost(bindAddress), port })
      this.#server = server
      return this.#gate.url(address)
    } catch (error) {
      this.#gate.close()
      await server.close()
      throw listenError(what, `${bindAddress}:${port}`, error)
    }
  }

  /** Answers what is under way, and closes. Idempotent. */
  async stop(): Promise<void> {
    const server = this.#server
    this.#server = undefined
    this.#gate.close()
    await server?.close()
  }

  #create(addRoutes: (server: FastifyInstance) => void): FastifyInstance {
    const { log, health } = this.#options
    const { serverFactory } = this.#gate
    const server = fastify({ serverFactory, bodyLimit: BODY_BYTES, forceCloseConnections: true })
    answerErrorsFromTable(server, log)
    compressLargeBodies(server)
    this.#gate.guard(server)
    addRoutes(server)
    addHealthRoutes(server, health)
    return server
  }
}
