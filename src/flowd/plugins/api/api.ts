import type { FastifyInstance } from 'fastify'
import { LogThrottle, messageOf, type StageAccount, TidemarkError } from '../../../common/index.ts'
import type { Plugin } from '../../components.ts'
import type { FlowEvent } from '../../event.ts'
import type { ReadEvent } from '../../events/index.ts'
import type { UnitContext } from '../../unit.ts'
import { UnitServer } from '../../unit-server.ts'
import type { ApiOptions } from './options.ts'
import { readFlowId } from './read-flow-id.ts'
import { addRoutes } from './routes.ts'

const ORIGIN = 'api'
const CONNECTIONS_MOST = 4096

/** Takes events by HTTP, in flowd-go's form. */
export class Api implements Plugin {
  readonly #context: UnitContext
  readonly #account: StageAccount
  readonly #warnings: LogThrottle
  readonly #server: UnitServer

  constructor(options: ApiOptions, context: UnitContext) {
    const { log, health, metrics } = context
    this.#context = context
    this.#account = metrics.stage(`plugin ${ORIGIN}`)
    this.#warnings = new LogThrottle(log)
    this.#server = new UnitServer({
      section: `plugins.${ORIGIN}`,
      what: `plugin ${ORIGIN}`,
      bindAddress: options.bindAddress,
      port: options.bindPort,
      access: options,
      maxConnections: CONNECTIONS_MOST,
      log,
      health,
    })
  }

  /**
   * @throws TidemarkError ADDRESS_IN_USE, LISTEN_FAILED, HTTP_UNGUARDED, HTTP_KEY_PAIR_INCOMPLETE, HTTP_FILE_UNUSABLE
   */
  async start(emit: (event: FlowEvent) => void): Promise<void> {
    const address = await this.#server.start(server => this.#addRoutes(server, emit))
    this.#context.log.info({ address }, 'the API listens')
  }

  async stop(): Promise<void> {
    this.#warnings.flush()
    await this.#server.stop()
  }

  #addRoutes(server: FastifyInstance, emit: (event: FlowEvent) => void): void {
    const { flows, application, registry } = this.#context
    server.setReplySerializer(payload => `${JSON.stringify(payload, null, 4)}\n`)
    server.addHook('onError', async (request, _reply, error) => {
      if (request.routeOptions.url === '/flow') this.#refuse(request.ip, error)
    })
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
  }

  #refuse(client: string, error: Error): void {
    this.#account.received += 1
    this.#account.drop('refused')
    this.#warnings.warn(() => [{ client, reason: messageOf(error) }, 'an event was refused'])
  }
}
