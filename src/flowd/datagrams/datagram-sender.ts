import { createSocket, type Socket } from 'node:dgram'
import { codeOf, type Logger, LogThrottle, messageOf, type StageAccount } from '../../common/index.ts'
import { type AddressFamily, addressFamily } from '../../scitags/index.ts'
import { addSendingPort } from './sending-ports.ts'

/** So many datagrams may be with the kernel at once; beyond it the sender asks to be waited for. */
const IN_FLIGHT_MAX = 512

/** The address that datagrams of each family are sent from. */
type SourceAddresses = Readonly<Record<AddressFamily, string>>

/** With these the kernel chooses. */
const ANY: SourceAddresses = { ipv4: '0.0.0.0', ipv6: '::' }

/** Sends datagrams from one socket for each address family, and accounts for every one. */
export class DatagramSender {
  readonly #sources: SourceAddresses
  readonly #warnings: LogThrottle
  readonly #log: Logger
  readonly #sockets = new Map<AddressFamily, Socket>()
  #inFlight = 0
  #waiting: (() => void)[] = []

  constructor(log: Logger, sources = ANY) {
    this.#log = log
    this.#sources = sources
    this.#warnings = new LogThrottle(log)
  }

  /**
   * Sends a text or bytes. What comes of it is counted; a failure costs this datagram only.
   *
   * @param account of those who get such datagrams
   */
  send(content: string | Uint8Array, address: string, port: number, account: StageAccount): void {
    account.received += 1
    this.#inFlight += 1
    try {
      const socket = this.#socket(addressFamily(address))
      socket.send(content, port, address, error => this.#sent(error, address, account))
    } catch (error) {
      this.#sent(error, address, account)
    }
  }

  get hasRoom(): boolean {
    return this.#inFlight < IN_FLIGHT_MAX
  }

  /** Undefined while there is room, else resolves when there is some. */
  room(): Promise<void> | undefined {
    return this.hasRoom ? undefined : new Promise(resolve => this.#waiting.push(resolve))
  }

  /** Closes the sockets; what they were given is sent before. */
  async close(): Promise<void> {
    this.#warnings.flush()
    const sockets = [...this.#sockets.values()]
    this.#sockets.clear()
    await Promise.all(sockets.map(socket => new Promise<void>(resolve => socket.close(resolve))))
  }

  #sent(error: unknown, address: string, account: StageAccount): void {
    this.#inFlight -= 1
    if (error === null || error === undefined) account.passed += 1
    else {
      // EHOSTUNREACH, say; EMSGSIZE is longer than a datagram can be.
      account.drop(codeOf(error) ?? 'failed')
      this.#warnings.warn(() => [{ address, reason: messageOf(error) }, 'a firefly could not be sent'])
    }
    if (this.#waiting.length > 0 && this.#inFlight < IN_FLIGHT_MAX / 2) {
      for (const resume of this.#waiting.splice(0)) resume()
    }
  }

  #socket(family: AddressFamily): Socket {
    const known = this.#sockets.get(family)
    if (known !== undefined) return known
    const socket = createSocket({ type: family === 'ipv6' ? 'udp6' : 'udp4', lookup: takeAsIs })
    socket.once('listening', () => socket.once('close', addSendingPort(family, socket.address().port)))
    bindNow(socket, this.#sources[family])
    socket.on('error', error =>
      this.#log.warn({ reason: messageOf(error) }, 'the socket for fireflies reports an error'),
    )
    this.#sockets.set(family, socket)
    return socket
  }
}

/** Binds a socket to an address and any port; closes it and throws when this host does not have the address. */
function bindNow(socket: Socket, address: string): void {
  let failure: Error | undefined
  const note = (error: Error) => {
    failure = error
  }
  socket.once('error', note)
  // An address that needs no looking up is bound before this returns.
  socket.bind(0, address)
  socket.off('error', note)
  if (failure === undefined) return
  socket.close()
  throw failure
}

/** Addresses come resolved: looking them up again would cost every datagram a turn of the event loop. */
function takeAsIs(
  address: string,
  _options: unknown,
  done: (error: null, address: string, family: number) => void,
): void {
  done(null, address, addressFamily(address) === 'ipv6' ? 6 : 4)
}
