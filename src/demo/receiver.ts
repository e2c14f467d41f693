import { createSocket } from 'node:dgram'
import { EventEmitter, once } from 'node:events'
import { createServer, type Server } from 'node:net'
import { decodeIpv6Frame, PacketCapture } from '../linux/index.ts'
import { awaitCarrier, enterOwnNetwork, plugIn } from './host-network.ts'
import type { Observation } from './observation.ts'
import { FLOW_NAMES, PLAN } from './plan.ts'
import { count, emptyTally } from './tally.ts'

const ETHERNET_LENGTH = 14

/** Something to wait for, and for how long. */
export interface Expectation {
  atLeast: number
  withinMs: number
}

/** The host that receives: a storage service that takes what comes, a packet capture, and a listener for fireflies. */
export class Receiver {
  readonly #tallies = { declared: emptyTally(), other: emptyTally() }
  readonly #fireflies: string[] = []
  readonly #arrivals = new EventEmitter()
  readonly #fireflySocket = createSocket('udp6')
  readonly #service: Server = createServer()
  #capture: PacketCapture | undefined
  #bytesReceived = 0

  /** What the director may ask for. */
  readonly actions = {
    enter: () => enterOwnNetwork(),
    awaitCarrier: () => awaitCarrier(),
    listen: () => this.#listen(),
    /** Whether that many bytes came within the time. */
    awaitBytes: ({ atLeast, withinMs }: Expectation) => this.#until(() => this.#bytesReceived >= atLeast, withinMs),
    /** Whether that many fireflies came within the time. */
    awaitFireflies: ({ atLeast, withinMs }: Expectation) =>
      this.#until(() => this.#fireflies.length >= atLeast, withinMs),
    observe: () => this.#observe(),
  }

  close(): void {
    this.#capture?.stop()
    this.#service.close()
  }

  async #listen(): Promise<void> {
    const { index } = plugIn(PLAN.receiver)
    this.#capture = new PacketCapture({ interfaceIndex: index }, (bytes, wireBytes) => this.#see(bytes, wireBytes))
    this.#capture.start()
    this.#fireflySocket.on('message', message => {
      this.#fireflies.push(message.toString())
      this.#arrivals.emit('something')
    })
    this.#fireflySocket.bind(PLAN.fireflyPort)
    await once(this.#fireflySocket, 'listening')
    this.#service.on('connection', socket => {
      socket.on('data', chunk => {
        this.#bytesReceived += chunk.length
        this.#arrivals.emit('something')
      })
    })
    this.#service.listen(PLAN.servicePort, '::')
    await once(this.#service, 'listening')
  }

  #see(bytes: Buffer, wireBytes: number): void {
    const packet = decodeIpv6Frame(bytes, wireBytes)
    if (packet?.protocol !== 'tcp' || packet.destinationPort !== PLAN.servicePort) return
    const name = FLOW_NAMES.find(flow => PLAN.flows[flow].port === packet.sourcePort)
    if (name !== undefined) count(this.#tallies[name], packet, bytes.subarray(ETHERNET_LENGTH))
  }

  async #until(holds: () => boolean, withinMs: number): Promise<boolean> {
    const signal = AbortSignal.timeout(withinMs)
    while (!holds()) {
      try {
        await once(this.#arrivals, 'something', { signal })
      } catch (error) {
        if (signal.aborted) return false
        throw error
      }
    }
    return true
  }

  #observe(): Observation {
    const statistics = this.#capture?.stop() ?? { captured: 0, dropped: 0 }
    return { tallies: this.#tallies, ...statistics, fireflies: this.#fireflies }
  }
}
