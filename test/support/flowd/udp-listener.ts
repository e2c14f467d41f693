import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { expect } from 'vitest'

/** What came to a port of this host since it was last asked. */
export class UdpListener {
  readonly datagrams: string[] = []
  /** The addresses they came from. */
  readonly senders: string[] = []
  readonly #socket: Socket

  constructor(socket: Socket) {
    this.#socket = socket
    socket.on('message', (bytes, { address }) => {
      this.datagrams.push(bytes.toString())
      this.senders.push(address)
    })
  }

  static async open(type: 'udp4' | 'udp6', port = 0): Promise<UdpListener> {
    const socket = createSocket({ type, ipv6Only: type === 'udp6' })
    socket.bind(port, type === 'udp4' ? '127.0.0.1' : '::1')
    await once(socket, 'listening')
    return new UdpListener(socket)
  }

  get port(): number {
    return this.#socket.address().port
  }

  async close(): Promise<void> {
    this.#socket.close()
    await once(this.#socket, 'close')
  }

  /** Waits for so many datagrams and takes them. */
  async take(count: number): Promise<string[]> {
    await expect.poll(() => this.datagrams.length).toBeGreaterThanOrEqual(count)
    return this.datagrams.splice(0)
  }
}
