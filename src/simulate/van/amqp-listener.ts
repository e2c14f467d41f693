import { once } from 'node:events'
import type { AddressInfo, Server, Socket } from 'node:net'
import type { TlsOptions } from 'node:tls'
import type { Container } from 'rhea'
import { listenError } from '../../common/index.ts'

export interface AmqpListenerOptions {
  /** Where to listen; 127.0.0.1 when absent. */
  host?: string
  /** 5672 when absent; 0 takes a free port. */
  port?: number
  /** Certificate and key of the listener, and the CA whose client certificates it demands. Absent: plain TCP. */
  tls?: Pick<TlsOptions, 'cert' | 'key' | 'ca'>
  /** Whether SASL ANONYMOUS is offered; it is when absent. With TLS and a CA, EXTERNAL is offered too. */
  anonymous?: boolean
  /** The one user that SASL PLAIN lets in; PLAIN is not offered when absent. */
  plain?: { user: string; password: string }
}

/** The part of rhea's server mechanisms that is used here; rhea does not declare them. */
interface ServerMechanisms {
  enable_anonymous(): void
  enable_plain(check: (user: string, password: string) => boolean): void
}

/** What a router says of itself when a connection opens. */
const OPEN_FRAME = {
  idle_time_out: 8000,
  max_frame_size: 16_384,
  offered_capabilities: 'ANONYMOUS-RELAY',
  properties: { product: 'skupper-router', version: '3.5.1' },
}

/** Listens for AMQP connections on behalf of a rhea container, and can cut them all at once. */
export class AmqpListener {
  readonly #options: AmqpListenerOptions
  readonly #container: Container
  readonly #sockets = new Set<Socket>()
  #server: Server | undefined
  /** The port of the last start: a restart listens where clients learnt to find it. */
  #port: number | undefined

  constructor(container: Container, options: AmqpListenerOptions) {
    this.#container = container
    this.#options = options
  }

  get host(): string {
    return this.#options.host ?? '127.0.0.1'
  }

  /** The port that clients connect to; a free one is known once started. */
  get port(): number {
    return this.#port ?? this.#options.port ?? 5672
  }

  async start(): Promise<void> {
    if (this.#server !== undefined) return
    this.#offerMechanisms()
    const server = this.#listen()
    await once(server, 'listening').catch((error: unknown) => {
      throw listenError('the simulator', `${this.host}:${this.port}`, error)
    })
    this.#server = server
    this.#port = (server.address() as AddressInfo).port
  }

  async stop(): Promise<void> {
    const server = this.#server
    this.#server = undefined
    if (server === undefined) return
    server.close()
    this.cut()
    await once(server, 'close')
  }

  /** Cuts every connection as a crash would, without a goodbye. */
  cut(): void {
    // rhea learns of a socket's end by its `error`, not by its `close`.
    for (const socket of this.#sockets) socket.destroy(new Error('the simulated router went away'))
    this.#sockets.clear()
  }

  #listen(): Server {
    const { tls } = this.#options
    const common = { ...OPEN_FRAME, host: this.host, port: this.port }
    const track = (socket: Socket) => {
      this.#sockets.add(socket)
      socket.once('close', () => this.#sockets.delete(socket))
      socket.setNoDelay(true)
    }
    if (tls === undefined) return this.#container.listen({ ...common, transport: 'tcp' }).on('connection', track)
    const demandsCertificate = tls.ca !== undefined
    const secure = {
      ...common,
      ...tls,
      transport: 'tls' as const,
      requestCert: demandsCertificate,
      rejectUnauthorized: demandsCertificate,
      enable_sasl_external: true,
    }
    return this.#container.listen(secure).on('secureConnection', track)
  }

  #offerMechanisms(): void {
    const { anonymous = true, plain } = this.#options
    const mechanisms = this.#container.sasl_server_mechanisms as ServerMechanisms
    if (anonymous) mechanisms.enable_anonymous()
    if (plain === undefined) return
    mechanisms.enable_plain((user, password) => user === plain.user && password === plain.password)
  }
}
