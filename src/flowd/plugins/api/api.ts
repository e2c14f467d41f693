import { type FastifyInstance, fastify } from 'fastify'
import {
  answerErrorsFromTable,
  HttpGate,
  LogThrottle,
  messageOf,
  type StageAccount,
  TidemarkError,
} from '../../../common/index.ts'
import type { Plugin } from '../../components.ts'
import type { FlowEvent } from '../../event.ts'
import type { ReadEvent } from '../../events/index.ts'
import { addHealthRoutes } from '../../health.ts'
import { listenError } from '../../listen-error.ts'
import type { UnitContext } from '../../unit.ts'
import type { ApiOptions } from './options.ts'
import { readFlowId } from './read-flow-id.ts'
import { addRoutes } from './routes.ts'

const ORIGIN = 'api'
const BODY_BYTES = 65_536
const REQUEST_MS = 10_000
const CONNECTIONS_MOST = 4096

/** Takes events by HTTP, in flowd-go's form. */
export class Api implements Plugin {
  readonly #options: ApiOptions
  readonly #context: UnitContext
  readonly #account: StageAccount
  readonly #warnings: LogThrottle
  readonly #gate: HttpGate
  #server: FastifyInstance | undefined

  constructor(options: ApiOptions, context: UnitContext) {
    this.#options = options
    this.#context = context
    this.#account = context.metrics.stage(`plugin ${ORIGIN}`)
    this.#warnings = new LogThrottle(context.log)
    this.#gate = new HttpGate({
      section: `plugins.${ORIGIN}`,
      bindAddress: options.bindAddress,
      access: options,
      requestMs: REQUEST_MS,
      maxConnections: CONNECTIONS_MOST,
      log: context.log,
    })
  }

  /** @throws TidemarkError ADDRESS_IN_USE, LISTEN_FAILED, HTTP_UNGUARDED, HTTP_KEY_PAIR_INCOMPLETE, HTTP_FILE_UNUSABLE */
  async start(emit: (event: FlowEvent) => void): Promise<void> {
    await this.#gate.open()
    const server = this.#createServer(emit)
    const { bindAddress, bindPort } = this.#options
    try {
      // flowd-go wants brackets around IPv6 here; a socket does not.
      const address = await server.listen({ host: bindAddress.replace(/^\[(.*)\]$/, '$1'), port: bindPort })
      this.#context.log.info({ address: this.#gate.url(address) }, 'the API listens')
    } catch (error) {
      this.#gate.close()
      await server.close()
      throw listenError(`plugin ${ORIGIN}`, `${bindAddress}:${bindPort}`, error)
    }
    this.#server = server
  }

  async stop(): Promise<void> {
    const server = this.#server
    this.#server = undefined
    this.#warnings.flush()
    this.#gate.close()
    await server?.close()
  }

  #createServer(emit: (event: FlowEvent) => void): FastifyInstance {
    const { log, flows, application, registry, health } = this.#context
    const { serverFactory } = this.#gate
    const server = fastify({ serverFactory, bodyLimit: BODY_BYTES, forceCloseConnections: true })
    answerErrorsFromTable(server, log)
    server.setReplySerializer(payload => `${JSON.stringify(payload, null, 4)}\n`)
    server.addHook('onError', async (request, _reply, error) => {
      if (request.routeOptions.url === '/flow') this.#refuse(request.ip, error)
    })
    this.#gate.guard(server)
    const read = (body: unknown): ReadEvent => {
      const result = readFlowId(body, registry.current, ORIGIN)
      if (result.ok) return result.value
      const reason = result.field === '' ? result.problem : `${result.field}: ${result.problem}`
      throw new TidemarkError('HTTP_BAD_REQUEST', { reason })
    }
    const accept = ({ event, warnings }: ReadEvent): void => {
      this.#account.received += 1
      this.#account.passed += 1
      for (const warning of warnings) this.#warnings.warn(() => [{}, warning])
      emit(event)
    }
    addRoutes(server, { flows, application, read, accept }, ORIGIN)
    addHealthRoutes(server, health)
    return server
  }

  #refuse(client: string, error: Error): void {
    this.#account.received += 1
    this.#account.drop('refused')
    this.#warnings.warn(() => [{ client, reason: messageOf(error) }, 'an event was refused'])
  }
}
