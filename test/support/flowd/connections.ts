import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import type { Flow } from '../../../src/flowd/flow.ts'
import { flowOf, startEvent, tuple } from './flows.ts'

/** A TCP connection of this process with itself, and the flow of its client's end. */
export interface Connection {
  client: Socket
  accepted: Socket
  flow: Flow
}

/** Real TCP connections over loopback, of both families. */
export class Connections {
  readonly #server: Server
  readonly #open: Socket[] = []

  private constructor(server: Server) {
    this.#server = server
  }

  static async listen(): Promise<Connections> {
    const server = createServer()
    server.listen(0, '::')
    await once(server, 'listening')
    return new Connections(server)
  }

  /** @param localPort the client's; 0 takes a free one */
  async open(address = '::1', localPort = 0): Promise<Connection> {
    const { port } = this.#server.address() as AddressInfo
    const accepting = once(this.#server, 'connection') as Promise<[Socket]>
    const client = connect({ port, host: address, localPort, noDelay: true })
    await once(client, 'connect')
    const [accepted] = await accepting
    this.#open.push(client, accepted)
    for (const socket of [client, accepted]) socket.resume().on('error', () => undefined)
    const ends = tuple(client.localPort ?? 0, address, address)
    const flow = flowOf(startEvent(1, { flow: { ...ends, destination: { address, port } } }))
    return { client, accepted, flow }
  }

  close(): void {
    for (const socket of this.#open.splice(0)) socket.destroy()
    this.#server.close()
  }
}
