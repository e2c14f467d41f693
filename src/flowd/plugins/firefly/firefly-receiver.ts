import { createSocket, type RemoteInfo, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { bareHost, LogThrottle, listenError, messageOf, type StageAccount } from '../../../common/index.ts'
import { setUdpReceiveBuffer } from '../../../linux/index.ts'
import { type ParseFailure, parseFireflyDatagram } from '../../../scitags/index.ts'
import { localAddresses } from '../../addresses/index.ts'
import type { Plugin } from '../../components.ts'
import type { FlowEvent } from '../../event.ts'
import type { UnitContext } from '../../unit.ts'
import { eventOf } from './event.ts'
import { KernelDrops } from './kernel-drops.ts'
import { LocalHost, plainAddress } from './local-host.ts'
import type { FireflyReceiverOptions } from './options.ts'
import { OwnFireflies } from './own-fireflies.ts'
import { Relay } from './relay.ts'

const ORIGIN = 'firefly'

/** How long a stop may go on reading what waits. */
const DRAIN_MS = 500

/** Takes events from fireflies that others send, and sends these on as they came. */
export class FireflyReceiver implements Plugin {
  readonly #options: FireflyReceiverOptions
  readonly #context: UnitContext
  readonly #account: StageAccount
  readonly #warnings: LogThrottle
  readonly #localHost: LocalHost
  readonly #own: OwnFireflies
  readonly #relay: Relay
  #emit: (event: FlowEvent) => void = () => undefined
  #socket: Socket | undefined
  #drops: KernelDrops | undefined

  /** @param listAddresses replaces the list of this host's addresses, for tests */
  constructor(options: FireflyReceiverOptions, context: UnitContext, listAddresses = localAddresses) {
    this.#options = options
    this.#context = context
    this.#account = context.metrics.stage(`plugin ${ORIGIN}`)
    this.#warnings = new LogThrottle(context.log)
    this.#localHost = new LocalHost(listAddresses, context.log)
    const isLocal = (address: string) => this.#localHost.has(address)
    this.#own = new OwnFireflies(context.application, isLocal)
    const relayAccount = context.metrics.stage('firefly relay')
    this.#relay = new Relay(options.fireflyReceivers, relayAccount, context.log, isLocal)
  }

  /** @throws TidemarkError ADDRESS_IN_USE, LISTEN_FAILED */
  async start(emit: (event: FlowEvent) => void): Promise<void> {
    this.#emit = emit
    try {
      this.#localHost.start()
      await this.#relay.start()
      this.#socket = await this.#open()
    } catch (error) {
      await this.stop()
      throw error
    }
    const { address, port } = this.#socket.address()
    this.#drops = new KernelDrops({ address, port, account: this.#account, warnings: this.#warnings })
    this.#drops.start()
    this.#context.log.info({ address, port }, 'fireflies are received')
  }

  /** Takes what came until now, then closes the socket. */
  async stop(): Promise<void> {
    const socket = this.#socket
    this.#socket = undefined
    if (socket !== undefined) {
      await this.#drain()
      this.#drops?.stop()
      await new Promise<void>(resolve => socket.close(resolve))
    }
    this.#localHost.stop()
    await this.#relay.stop()
    this.#warnings.flush()
  }

  async #open(): Promise<Socket> {
    const { bindAddress, bindPort } = this.#options
    const address = bareHost(bindAddress)
    const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4')
    try {
      socket.bind(bindPort, address)
      await once(socket, 'listening')
    } catch (error) {
      socket.close()
      throw listenError(`plugin ${ORIGIN}`, `${bindAddress}:${bindPort}`, error)
    }
    this.#askForBuffer(socket)
    const { log } = this.#context
    socket.on('error', error => log.error({ reason: messageOf(error) }, 'the socket for fireflies reports an error'))
    return socket.on('message', (bytes, remote) => this.#receive(bytes, remote))
  }

  #askForBuffer(socket: Socket): void {
    const { address, port } = socket.address()
    const wanted = this.#options.receiveBuffer
    const granted = setUdpReceiveBuffer(address, port, wanted) ?? askNode(socket, wanted)
    if (granted >= wanted) return
    const remedy = `CAP_NET_ADMIN, or sysctl -w net.core.rmem_max=${wanted}, or a smaller receiveBuffer`
    this.#context.log.warn({ wanted, granted, remedy }, 'the kernel grants a smaller receive buffer')
  }

  /** Reads until a turn of the event loop brings nothing more. */
  async #drain(): Promise<void> {
    const patienceEnds = performance.now() + DRAIN_MS
    let received: number
    do {
      received = this.#account.received
      await nextTurn()
      await nextTurn()
    } while (this.#account.received > received && performance.now() < patienceEnds)
  }

  #receive(bytes: Buffer, remote: RemoteInfo): void {
    this.#account.received += 1
    const sender = plainAddress(remote.address)
    if (this.#own.isFromOurSocket(sender, remote.port)) {
      this.#account.drop('own')
      return
    }
    const read = parseFireflyDatagram(bytes.toString())
    if (read.ok && this.#own.isOurHeader(read.value.header, plainAddress(read.value.firefly.flow.source.address))) {
      this.#account.drop('own')
      return
    }
    this.#relay.send(bytes, sender)
    if (bytes.length > this.#options.bufferSize) {
      const problem = `${bytes.length} bytes, more than bufferSize (${this.#options.bufferSize})`
      this.#refuse('too-long', { ok: false, field: '', problem }, sender)
      return
    }
    if (!read.ok) {
      this.#refuse(read.field === '' ? 'syntax' : 'field', read, sender)
      return
    }
    const event = eventOf(read.value.firefly, {
      registry: this.#context.registry.current,
      origin: ORIGIN,
      isLocal: address => this.#localHost.isReachedAt(address),
      teller: this.#localHost.has(sender) ? undefined : sender,
    })
    if (!event.ok) {
      this.#refuse('ids', event, sender)
      return
    }
    this.#account.passed += 1
    for (const warning of event.value.warnings) this.#warnings.warn(() => [{ sender }, warning])
    this.#emit(event.value.event)
  }

  #refuse(cause: string, { field, problem }: ParseFailure, sender: string): void {
    this.#account.drop(cause)
    this.#warnings.warn(() => [
      { sender, reason: field === '' ? problem : `${field}: ${problem}` },
      'a firefly was refused',
    ])
  }
}

/** For kernels and namespaces where the socket is not found otherwise; Linux keeps twice what is asked for (socket(7)). */
function askNode(socket: Socket, bytes: number): number {
  socket.setRecvBufferSize(bytes)
  return socket.getRecvBufferSize() / 2
}
