import { isTidemarkError, type Logger, type TidemarkError } from '../../common/index.ts'
import type { AmqpConnection, AmqpOptions, AmqpPeer } from './amqp.ts'
import { Backoff } from './backoff.ts'
import type { Clock } from './clock.ts'
import { explainFailure } from './connect-failure.ts'
import { loadCredentials } from './credentials.ts'
import { endpointUrl, type RouterEndpoint } from './endpoint.ts'
import { FailureLog } from './failure-log.ts'
import { connectAmqp } from './rhea-connection.ts'

export interface ReconnectOptions extends AmqpOptions {
  firstDelayMs: number
  longestDelayMs: number
}

export interface RouterConnectionEvents {
  connected(): void
  disconnected(): void
  /** The router decided what becomes of a message that we sent. */
  outcome(outcome: 'accepted' | 'refused'): void
}

/**
 * Keeps one connection to the router: connects, and after any failure connects again with growing, jittered delays,
 * for ever. A failure is logged with its remedy when it first shows and each minute while it goes on.
 */
export class RouterConnection {
  readonly #clock: Clock
  readonly #events: RouterConnectionEvents
  readonly #parentLog: Logger
  #endpoint: RouterEndpoint
  #options: ReconnectOptions
  #log: Logger
  #backoff: Backoff
  #attempt: AmqpConnection | undefined
  #peer: AmqpPeer | undefined
  /** The attempt goes to an endpoint that is no more the one that is meant. */
  #isLeaving = false
  #failure: TidemarkError | undefined
  readonly #failureLog = new FailureLog()
  #cancelRetry: (() => void) | undefined
  #running = false
  connects = 0
  failures = 0

  constructor(
    endpoint: RouterEndpoint,
    options: ReconnectOptions,
    clock: Clock,
    events: RouterConnectionEvents,
    log: Logger,
  ) {
    this.#endpoint = endpoint
    this.#options = options
    this.#clock = clock
    this.#events = events
    this.#parentLog = log
    this.#log = log.child({ router: endpointUrl(endpoint) })
    this.#backoff = new Backoff(options.firstDelayMs, options.longestDelayMs)
  }

  /** The connection, while it is open. */
  get current(): AmqpConnection | undefined {
    return this.#peer === undefined || this.#isLeaving ? undefined : this.#attempt
  }

  /** Why there is no connection now; undefined while there is one, and before the first failure. */
  get failure(): TidemarkError | undefined {
    return this.#failure
  }

  /** Begins to connect; does not wait for it. */
  start(): void {
    if (this.#running) return
    this.#running = true
    this.#connect()
  }

  /** Leaves the connection for another, or for the same with other options. */
  turnTo(endpoint: RouterEndpoint, options: ReconnectOptions): void {
    this.#endpoint = endpoint
    this.#options = options
    this.#log = this.#parentLog.child({ router: endpointUrl(endpoint) })
    this.#backoff = new Backoff(options.firstDelayMs, options.longestDelayMs)
    this.#recovered()
    if (this.#cancelRetry === undefined) {
      this.#isLeaving = this.#attempt !== undefined
      void this.#attempt?.close()
      return
    }
    this.#cancelRetry()
    this.#connect()
  }

  async stop(): Promise<void> {
    this.#running = false
    this.#cancelRetry?.()
    await this.#attempt?.close()
  }

  #connect(): void {
    this.#cancelRetry = undefined
    try {
      const credentials = loadCredentials(this.#endpoint, new Date())
      this.#attempt = connectAmqp(this.#endpoint, credentials, this.#options, {
        opened: peer => this.#opened(peer),
        outcome: outcome => this.#events.outcome(outcome),
        closed: failure => this.#closed(failure),
      })
    } catch (error) {
      this.#closed(isTidemarkError(error) ? error : explainFailure(error, this.#endpoint, false))
    }
  }

  #opened(peer: AmqpPeer): void {
    this.#peer = peer
    this.#recovered()
    this.connects += 1
    this.#backoff.reset()
    this.#log.info({ product: peer.product, version: peer.version }, 'connected to the router')
    this.#events.connected()
  }

  #closed(failure: TidemarkError | undefined): void {
    const wasOpen = this.#peer !== undefined
    this.#attempt = undefined
    this.#peer = undefined
    this.#isLeaving = false
    if (wasOpen) this.#events.disconnected()
    if (!this.#running) return
    const delayMs = this.#backoff.next()
    if (failure !== undefined) this.#report(failure, delayMs)
    this.#cancelRetry = this.#clock.after(delayMs, () => this.#connect())
  }

  #recovered(): void {
    this.#failure = undefined
    this.#failureLog.clear()
  }

  #report(failure: TidemarkError, delayMs: number): void {
    this.failures += 1
    this.#failure = failure
    this.#failureLog.report(this.#log, failure, this.#clock.nowUs(), { retryInMs: Math.round(delayMs) })
  }
}
