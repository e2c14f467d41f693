import type { TidemarkError } from '../../common/index.ts'

/** What happens on a connection; none of the callbacks may throw or block. */
export interface AmqpEvents {
  /** The router accepted us; receivers may be attached. */
  opened(router: AmqpPeer): void
  /** The router decided what becomes of a message that we sent. */
  outcome(outcome: 'accepted' | 'refused'): void
  /** The end, once; without failure when we closed. */
  closed(failure: TidemarkError | undefined): void
}

/** What the router says of itself when the connection opens. */
export interface AmqpPeer {
  containerId: string
  product: string
  version: string
}

/** The reader of one address. */
export interface AmqpSubscriber {
  /** The router confirmed the link. */
  attached(): void
  /** One message, undecoded; already settled. Its bytes are valid as long as they are referenced. */
  message(payload: Buffer): void
  /** A message was broken off on its way, as when a link between routers is lost: what came of it is dropped. */
  aborted(): void
  /** The router ended the link and said why. */
  detached(reason: string): void
}

/** One connection with one session, from its start to its end; a reconnect makes a new one. */
export interface AmqpConnection {
  /** Subscribes to an address. */
  attach(address: string, subscriber: AmqpSubscriber): void
  detach(address: string): void
  /**
   * Sends an encoded message to an address; false when the router gives no credit for it now.
   */
  send(address: string, message: Buffer): boolean
  /** Ends the connection; resolves when the socket is closed. */
  close(): Promise<void>
}

export interface AmqpOptions {
  /** Messages that the router may send ahead, for each receiver. */
  credit: number
  /** The router must say something this often, else the connection counts as dead after twice the time. */
  idleTimeoutMs: number
  /** How long the router may take from the first packet to its open frame. */
  openTimeoutMs: number
}
