import { checked, libc } from './libc.ts'
import { AF, MSG, SOCK } from './socket-constants.ts'

/**
 * Tells the service manager how the process does (sd_notify(3)): one datagram to the socket that `NOTIFY_SOCKET`
 * names. Without that variable, as outside systemd, all methods do nothing.
 */
export class ServiceNotifier {
  readonly #socketPath: string | undefined
  readonly #watchdogUs: number
  readonly #onFailure: (failure: unknown) => void
  #watchdog: NodeJS.Timeout | undefined
  #stops = false

  /**
   * @param environment where systemd says `NOTIFY_SOCKET` and `WATCHDOG_USEC`
   * @param onFailure is told when a message could not be sent; the service goes on, since its work does not depend on
   *   it
   */
  constructor(environment: NodeJS.ProcessEnv, onFailure: (failure: unknown) => void) {
    this.#socketPath = environment['NOTIFY_SOCKET']
    this.#watchdogUs = Number(environment['WATCHDOG_USEC'] ?? 0)
    this.#onFailure = onFailure
  }

  /** The service is up. With `WatchdogSec=` in its unit, signs of life follow at half that period. */
  ready(status: string): void {
    if (this.#stops) return
    this.#send(`READY=1\nSTATUS=${status}`)
    if (this.#watchdogUs > 0 && this.#watchdog === undefined) {
      this.#watchdog = setInterval(() => this.#send('WATCHDOG=1'), this.#watchdogUs / 1000 / 2).unref()
    }
  }

  /** The configuration is being read again; `ready` ends this. */
  reloading(): void {
    if (this.#stops) return
    // CLOCK_MONOTONIC, which hrtime reads, pairs this message with its READY (Type=notify-reload).
    this.#send(`RELOADING=1\nMONOTONIC_USEC=${process.hrtime.bigint() / 1000n}`)
  }

  /** The last word: a reload that is still under way tells nothing more. */
  stopping(): void {
    this.#stops = true
    clearInterval(this.#watchdog)
    this.#watchdog = undefined
    this.#send('STOPPING=1')
  }

  #send(message: string): void {
    if (this.#socketPath === undefined || process.platform !== 'linux') return
    try {
      sendDatagram(this.#socketPath, Buffer.from(message))
    } catch (failure) {
      this.#onFailure(failure)
    }
  }
}

function sendDatagram(path: string, bytes: Uint8Array): void {
  const address = unixAddress(path)
  const fd = checked('socket for the service manager', libc().socket(AF.UNIX, SOCK.DGRAM | SOCK.CLOEXEC, 0))
  try {
    checked(`connect to ${path}`, libc().connect(fd, address, address.length))
    checked(`message to ${path}`, libc().send(fd, bytes, bytes.length, MSG.NOSIGNAL))
  } finally {
    libc().close(fd)
  }
}

/** A `sockaddr_un` (linux/un.h): family in host order, then the path; a leading `@` means the abstract name space. */
function unixAddress(path: string): Buffer {
  const abstract = path.startsWith('@')
  const name = Buffer.from(abstract ? `\0${path.slice(1)}` : `${path}\0`)
  const family = new Uint8Array(Uint16Array.of(AF.UNIX).buffer)
  return Buffer.concat([family, name])
}
