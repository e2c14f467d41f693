import type { Socket } from 'node:net'
import rhea, { type Connection, type EventContext, type Receiver, type Sender } from 'rhea'
import { messageOf, TidemarkError } from '../../common/index.ts'
import type { AmqpConnection, AmqpEvents, AmqpOptions, AmqpSubscriber } from './amqp.ts'
import { explainFailure } from './connect-failure.ts'
import type { Credentials } from './credentials.ts'
import { endpointUrl, type RouterEndpoint } from './endpoint.ts'
import { FrameAligner, MAX_FRAME_LENGTH } from './frame-aligner.ts'
import { openSocket } from './router-socket.ts'
import { saslMechanisms } from './sasl.ts'
import { UnfinishedMessages } from './unfinished-messages.ts'

/** Transfers that the session takes in before it must widen its window; large, so that no receiver stalls another. */
const SESSION_WINDOW = 8192
/** Deliveries that came settled, between two times that the session takes them off its window. */
const NOTED_AT_ONCE = 512
/** A message format that rhea does not know, so that it hands on the payload as it came. */
const UNDECODED = 1
const CLOSE_GRACE_MS = 1000
const NOTHING = Buffer.alloc(0)

/**
 * Connects to a router by rhea, which speaks the frames and links; message bodies are not its business here. This is
 * the only file that knows rhea.
 */
export function connectAmqp(
  endpoint: RouterEndpoint,
  credentials: Credentials,
  options: AmqpOptions,
  events: AmqpEvents,
): AmqpConnection {
  const connection = new RheaConnection(endpoint, credentials, options, events)
  connection.open()
  return connection
}

class RheaConnection implements AmqpConnection {
  readonly #endpoint: RouterEndpoint
  readonly #options: AmqpOptions
  readonly #events: AmqpEvents
  readonly #connection: Connection
  #socket: Socket | undefined
  #openTimer: NodeJS.Timeout | undefined
  readonly #receivers = new Map<string, Receiver>()
  readonly #senders = new Map<string, Sender>()
  #opened = false
  #relay = false
  #noted = 0
  /** Whether the transfer that rhea is given now breaks its message off. */
  #isAborted = false
  #failure: unknown
  #lastReadMs = 0
  #closing = false
  #closed = false
  readonly #whenClosed = Promise.withResolvers<void>()

  constructor(endpoint: RouterEndpoint, credentials: Credentials, options: AmqpOptions, events: AmqpEvents) {
    this.#endpoint = endpoint
    this.#options = options
    this.#events = events
    const mechanisms = saslMechanisms(endpoint.sasl, credentials)
    const connection = rhea.create_container().create_connection({
      port: endpoint.port,
      hostname: endpoint.host,
      sasl_init_hostname: endpoint.host,
      reconnect: false,
      idle_time_out: options.idleTimeoutMs,
      max_frame_size: MAX_FRAME_LENGTH,
      session_buffer_size: { incoming: SESSION_WINDOW },
      connection_details: () => ({
        host: endpoint.host,
        port: endpoint.port,
        connect: (_port: number, _host: string, _options: unknown, connected: () => void) =>
          this.#openSocket(credentials, connected),
      }),
      ...(Object.keys(mechanisms).length > 0 ? { sasl_mechanisms: mechanisms } : {}),
    })
    this.#connection = connection
    this.#takeTransfers(connection)
    this.#alignFrames(connection)
    this.#listen(connection)
  }

  open(): void {
    this.#openTimer = setTimeout(() => this.#giveUp(), this.#options.openTimeoutMs)
    this.#connection.connect()
  }

  attach(address: string, subscriber: AmqpSubscriber): void {
    if (this.#closed || this.#receivers.has(address)) return
    const receiver = this.#connection.open_receiver({
      source: { address },
      rcv_settle_mode: 0,
      credit_window: this.#options.credit,
      autoaccept: false,
    })
    this.#receivers.set(address, receiver)
    receiver.on('receiver_open', () => subscriber.attached())
    receiver.on('message', (context: EventContext) => {
      this.#settle(context)
      if (this.#isAborted) subscriber.aborted()
      // The bytes as they came, see #takeTransfers.
      else subscriber.message(context.message as unknown as Buffer)
    })
    receiver.on('receiver_error', () => undefined)
    receiver.on('receiver_close', () => {
      if (this.#receivers.get(address) !== receiver) return
      this.#receivers.delete(address)
      subscriber.detached(textOf(receiver.error))
    })
  }

  detach(address: string): void {
    const receiver = this.#receivers.get(address)
    this.#receivers.delete(address)
    receiver?.close()
    const sender = this.#senders.get(address)
    this.#senders.delete(address)
    sender?.close()
  }

  send(address: string, message: Buffer): boolean {
    if (this.#closed) return false
    const sender = this.#relay ? this.#sender('', {}) : this.#sender(address, { address })
    if (!sender.sendable()) return false
    sender.send(message, undefined, 0)
    return true
  }

  close(): Promise<void> {
    if (!this.#closing && !this.#closed) {
      this.#closing = true
      this.#connection.close()
      const timer = setTimeout(() => this.#abort(), CLOSE_GRACE_MS)
      void this.#whenClosed.promise.then(() => clearTimeout(timer))
      if (!this.#connection.is_remote_open()) this.#abort()
    }
    return this.#whenClosed.promise
  }

  /**
   * Settles at once: one unsettled delivery would stall the session, and an unaccepted one every controller.
   *
   * What comes settled is only noted. To be told of it, rhea goes through all links of the session, which takes its
   * time with thousands of them: so it is told now and then, long before the session's window is used up.
   */
  #settle({ delivery }: EventContext): void {
    if (delivery === undefined) return
    // One that is broken off counts as settled. AMQP 1.0 part 2, section 2.7.5.
    if (!delivery.remote_settled && !this.#isAborted) {
      delivery.accept()
      return
    }
    this.#noted += 1
    if (this.#noted % NOTED_AT_ONCE === 0) delivery.update(true)
    else Object.assign(delivery, { settled: true })
  }

  #openSocket(credentials: Credentials, connected: () => void): Socket {
    this.#socket = openSocket(this.#endpoint, credentials, connected)
    this.#socket.once('close', () => this.#end())
    this.#lastReadMs = performance.now()
    return this.#socket
  }

  /**
   * Makes rhea hand on message payloads of this connection undecoded (its generic decoder takes 80 % of the CPU), and
   * ends the connection when it would keep more of unfinished ones than any router sends.
   */
  #takeTransfers(connection: Connection): void {
    const onTransfer = Reflect.get(connection, 'on_transfer') as (this: Connection, frame: TransferFrame) => void
    const onDetach = Reflect.get(connection, 'on_detach') as (this: Connection, frame: DetachFrame) => void
    const unfinished = new UnfinishedMessages()
    Object.assign(connection, {
      on_transfer: (frame: TransferFrame): void => {
        const { performative, payload } = frame
        this.#orEnd(() => unfinished.add(performative.handle, payload?.length ?? 0, performative.more !== true))
        performative.message_format = UNDECODED
        // rhea knows neither empty parts nor messages that are broken off: it takes what came for the whole.
        frame.payload ??= NOTHING
        this.#isAborted = performative.aborted === true
        onTransfer.call(connection, frame)
      },
      on_detach: (frame: DetachFrame): void => {
        unfinished.forget(frame.performative.handle)
        onDetach.call(connection, frame)
      },
    })
  }

  /** Hands rhea whole frames, so that it need not copy the stream; what is no frame ends the connection. */
  #alignFrames(connection: Connection): void {
    const input = Reflect.get(connection, 'input') as (this: Connection, bytes: Buffer) => void
    const aligner = new FrameAligner()
    Object.assign(connection, {
      input: (chunk: Buffer): void => {
        this.#lastReadMs = performance.now()
        this.#orEnd(() => {
          for (const piece of aligner.take(chunk)) input.call(connection, piece)
        })
      },
    })
  }

  /** Does something with what came; a failure says that it is not as AMQP should be, and ends the connection. */
  #orEnd(take: () => void): void {
    try {
      take()
    } catch (error) {
      const url = endpointUrl(this.#endpoint)
      this.#failure ??= new TidemarkError('AMQP_PROTOCOL', { url, reason: messageOf(error) }, error)
      this.#abort()
    }
  }

  /** Without a relay (ANONYMOUS-RELAY not offered) each address needs a sender of its own. */
  #sender(name: string, target: { address?: string }): Sender {
    const known = this.#senders.get(name)
    if (known !== undefined) return known
    const sender = this.#connection.open_sender({ target })
    this.#senders.set(name, sender)
    sender.on('accepted', () => this.#events.outcome('accepted'))
    for (const refusal of ['released', 'rejected']) sender.on(refusal, () => this.#events.outcome('refused'))
    sender.on('sender_error', () => undefined)
    sender.on('sender_close', () => {
      if (this.#senders.get(name) === sender) this.#senders.delete(name)
    })
    return sender
  }

  #listen(connection: Connection): void {
    const fail = (error: unknown) => {
      this.#failure ??= error
    }
    const breakOff = (error: unknown) => {
      fail(error)
      this.#socket?.destroy()
    }
    connection.on('connection_open', () => this.#onOpen())
    connection.on('connection_error', (context: EventContext) => fail(context.error))
    connection.on('connection_close', () => this.#socket?.end())
    connection.on('protocol_error', breakOff)
    connection.on('error', breakOff)
    connection.on('session_error', (context: EventContext) => fail(context.session?.error))
    connection.on('session_close', () => connection.close())
    connection.on('disconnected', (context: EventContext) => breakOff(context.error))
  }

  #onOpen(): void {
    this.#opened = true
    clearTimeout(this.#openTimer)
    const offered: unknown = Reflect.get(this.#connection, 'offered_capabilities')
    this.#relay = (Array.isArray(offered) ? offered : [offered]).includes('ANONYMOUS-RELAY')
    if (this.#relay) this.#sender('', {})
    const properties: Record<string, unknown> = this.#connection.properties ?? {}
    this.#events.opened({
      containerId: String(this.#connection.container_id),
      product: String(properties['product'] ?? ''),
      version: String(properties['version'] ?? ''),
    })
  }

  #giveUp(): void {
    const reason = `no answer within ${this.#options.openTimeoutMs} ms`
    this.#failure ??= new TidemarkError('AMQP_UNREACHABLE', { url: endpointUrl(this.#endpoint), reason })
    this.#abort()
  }

  /** Destroys the socket with an error: of one that is just destroyed rhea would learn nothing, and keep its timers. */
  #abort(): void {
    this.#socket?.destroy(new Error('given up'))
  }

  #end(): void {
    if (this.#closed) return
    this.#closed = true
    clearTimeout(this.#openTimer)
    if (this.#opened) this.#failure ??= this.#silence()
    this.#events.closed(this.#closing ? undefined : explainFailure(this.#failure, this.#endpoint, this.#opened))
    this.#whenClosed.resolve()
  }

  /** rhea ends a connection on which nothing came for too long, but does not say so. */
  #silence(): Error | undefined {
    const silentMs = performance.now() - this.#lastReadMs
    const mayBeMs = 2 * this.#options.idleTimeoutMs
    return silentMs < mayBeMs ? undefined : new Error(`nothing came from there for ${Math.round(silentMs)} ms`)
  }
}

function textOf(error: unknown): string {
  if (typeof error !== 'object' || error === null) return 'no reason given'
  return [Reflect.get(error, 'condition'), Reflect.get(error, 'description')].filter(Boolean).join(': ')
}

/** The parts of rhea's frames that are looked at; rhea does not declare them. */
interface TransferFrame {
  performative: { handle: number; message_format: number; more?: boolean; aborted?: boolean }
  payload?: Buffer
}

interface DetachFrame {
  performative: { handle: number }
}
