import { createSocket, type Socket } from 'node:dgram'
import { type Logger, LogThrottle, messageOf, type StageAccount } from '../../common/index.ts'
import { type AddressFamily, addressFamily } from '../../scitags/index.ts'
import { addSendingPort } from './sending-ports.ts'

/** So many datagrams may be with the kernel at once; beyond it the sender asks to be waited for. */
const IN_FLIGHT_MAX = 512

/** Sends datagrams from one socket for each address family, and accounts for every one. */
export class DatagramSender {
  readonly #account: StageAccount
  readonly #warnings: LogThrottle
  readonly #log: Logger
  readonly #sockets = new Map<AddressFamily, Socket>()
  #inFlight = 0
  #room: (() => void) | undefined

  constructor(account: StageAccount, log: Logger) {
    this.#account = account
    this.#log = log
    this.#warnings = new LogThrottle(log)
  }

  /** Sends a text or bytes. What comes of it is counted; a failure costs this datagram only. */
  send(content: string | Uint8Array, address: string, port: number): void {
    this.#account.received += 1
    this.#inFlight += 1
    try {
      this.#socket(addressFamily(address)).send(content, port, address, error => this.#sent(error, address))
    } catch (error) {
      this.#sent(error, address)
    }
  }

  /** Counts a datagram that is not sent. */
  drop(cause: string): void {
    this.#account.received += 1
    this.#account.drop(cause)
  }

  get hasRoom(): boolean {
    return this.#inFlight < IN_FLIGHT_MAX
  }

  /** Undefined while there is room, else resolves when there is some. */
  room(): Promise<void> | undefined {
    if (this.hasRoom) return undefined
    return new Promise(resolve => {
      this.#room = resolve
    })
  }

  /** Closes the sockets; what they were given is sent before. */
  async close(): Promise<void> {
    this.#warnings.flush()
    const sockets = [...this.#sockets.values()]
    this.#sockets.clear()
    await Promise.all(sockets.map(socket => new Promise<void>(resolve => socket.close(resolve))))
  }

  #sent(error: unknown, address: string): void {
    this.#inFlight -= 1
    if (error === null || error === undefined) this.#account.passed += 1
    else {
      this.#account.drop(causeOf(error))
      this.#warnings.warn(() => [{ address, reason: messageOf(error) }, 'a firefly could not be sent'])
    }
    if (this.#room !== undefined && this.#inFlight < IN_FLIGHT_MAX / 2) {
      const resume = this.#room
      this.#room = undefined
      resume()
    }
  }

  #socket(family: AddressFamily): Socket {
    const known = this.#sockets.get(family)
    if (known !== undefined) return known
    const socket = createSocket({ type: family === 'ipv6' ? 'udp6' : 'udp4', lookup: takeAsIs })
    socket.on('error', error =>
      this.#log.warn({ reason: messageOf(error) }, 'the socket for fireflies reports an error'),
    )
    socket.once('listening', () => socket.once('close', addSendingPort(family, socket.address().port)))
    this.#sockets.set(family, socket)
    return socket
  }
}

/** Addresses come resolved: looking them up again would cost every datagram a turn of the event loop. */
function takeAsIs(
  address: string,
  _options: unknown,
  done: (error: null, address: string, family: number) => void,
): void {
  done(null, address, addressFamily(address) === 'ipv6' ? 6 : 4)
}

/** The system's short word for a failure (`EHOSTUNREACH`). */
function causeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'failed'
}
