import rhea, { type Container, type EventContext, type Sender } from 'rhea'
import { AmqpListener, type AmqpListenerOptions } from './amqp-listener.ts'
import { Subscriber } from './subscriber.ts'

/** What the router end tells of its clients. */
export interface RouterEndEvents {
  /** A FLUSH came for a source's direct address; false when no such source lives: the message is then released. */
  flush(direct: string): boolean
  /** A client attached to an address. */
  subscribed?(address: string): void
}

/** What passed the router end, for benchmarks and for tests that the sums match. */
export interface RouterEndCounts {
  /** Messages handed to a subscriber's link; one for each subscriber. */
  delivered: number
  /** Messages to an address that nobody had subscribed. */
  unheard: number
  /** Pre-settled messages thrown away because a subscriber was too slow. */
  overflowed: number
}

/**
 * The router end of AMQP connections: takes links as a Skupper router does, and distributes messages to the
 * multicast addresses that clients attached to.
 */
export class RouterEnd {
  readonly counts: RouterEndCounts = { delivered: 0, unheard: 0, overflowed: 0 }
  readonly #events: RouterEndEvents
  readonly #container: Container
  readonly #listener: AmqpListener
  readonly #subscribers = new Map<string, Map<Sender, Subscriber>>()

  constructor(options: AmqpListenerOptions, events: RouterEndEvents) {
    this.#events = events
    this.#container = rhea.create_container({ id: 'simulated-router', receiver_options: { autoaccept: false } })
    this.#listener = new AmqpListener(this.#container, options)
    this.#serveLinks()
  }

  get host(): string {
    return this.#listener.host
  }

  /** The port that clients connect to; a free one is known once started. */
  get port(): number {
    return this.#listener.port
  }

  async start(): Promise<void> {
    await this.#listener.start()
  }

  async stop(): Promise<void> {
    await this.#listener.stop()
    this.#subscribers.clear()
  }

  /** Cuts every connection as a crash would; clients may come back at once. */
  cut(): void {
    this.#listener.cut()
    this.#subscribers.clear()
  }

  /** Whether anyone listens on an address. */
  hasSubscriber(address: string): boolean {
    return this.#subscribers.has(address)
  }

  /**
   * Messages of controllers that clients were sent and have not answered. In a real network each holds up its
   * controller, for every collector.
   */
  get unanswered(): number {
    const subscribers = [...this.#subscribers.values()].flatMap(ofAddress => [...ofAddress.values()])
    return subscribers.reduce((sum, subscriber) => sum + subscriber.unanswered, 0)
  }

  /**
   * Hands an encoded message to every subscriber of an address.
   *
   * @param settled true for routers, who expect no answer; false for controllers
   */
  publish(address: string, message: Buffer, settled: boolean): void {
    const subscribers = this.#subscribers.get(address)
    if (subscribers === undefined) {
      this.counts.unheard += 1
      return
    }
    for (const subscriber of subscribers.values()) {
      this.counts.overflowed += subscriber.push(message, settled)
      this.counts.delivered += 1
    }
  }

  #serveLinks(): void {
    this.#container
      .on('sender_open', ({ sender }: EventContext) => this.#subscribe(sender!))
      .on('sendable', ({ sender }: EventContext) => this.#subscriberOf(sender!)?.drain())
      .on('settled', ({ sender }: EventContext) => this.#answered(sender!))
      .on('sender_close', ({ sender }: EventContext) => this.#forget(link => link === sender))
      .on('disconnected', ({ connection }: EventContext) => this.#forget(link => link.connection === connection))
      .on('connection_close', ({ connection }: EventContext) => this.#forget(link => link.connection === connection))
      .on('receiver_open', ({ receiver }: EventContext) => receiver?.set_target({ address: receiver.target.address }))
      .on('message', (context: EventContext) => this.#receive(context))
      // What a client breaks costs that client its connection, and this process nothing.
      .on('error', () => undefined)
      .on('protocol_error', () => undefined)
  }

  #subscribe(sender: Sender): void {
    const address = String(sender.source.address)
    sender.set_source({ address })
    const subscribers = this.#subscribers.get(address) ?? new Map<Sender, Subscriber>()
    this.#subscribers.set(address, subscribers.set(sender, new Subscriber(sender)))
    this.#events.subscribed?.(address)
  }

  #answered(sender: Sender): void {
    const subscriber = this.#subscriberOf(sender)
    if (subscriber !== undefined) subscriber.unanswered -= 1
  }

  #subscriberOf(sender: Sender): Subscriber | undefined {
    return this.#subscribers.get(String(sender.source.address))?.get(sender)
  }

  #forget(isGone: (link: Sender) => boolean): void {
    for (const [address, subscribers] of this.#subscribers) {
      for (const sender of subscribers.keys()) if (isGone(sender)) subscribers.delete(sender)
      if (subscribers.size === 0) this.#subscribers.delete(address)
    }
  }

  /** Takes a command. Its address is the message's `to` on an anonymous link, else the link's target. */
  #receive({ message, receiver, delivery }: EventContext): void {
    const direct = message?.to ?? String(receiver?.target.address)
    if (message?.subject === 'FLUSH' && !this.#events.flush(direct)) delivery?.release()
    else delivery?.accept()
  }
}
