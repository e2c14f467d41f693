import { hostname } from 'node:os'
import { addressFamily, formatSyslogHeader, parseSyslogHeader, type SyslogHeader } from '../../../scitags/index.ts'
import { isSendingPort } from '../../datagrams/index.ts'

/**
 * Tells fireflies that this flowd sent itself: to a destination that is this host, or to a relay that sent them back.
 * As events they would be announced anew, without end.
 */
export class OwnFireflies {
  readonly #hostname: string | undefined
  readonly #appName: string | undefined
  readonly #isLocal: (address: string) => boolean

  /** @param isLocal whether an address, as `plainAddress` gives it, is this host's */
  constructor(application: string, isLocal: (address: string) => boolean) {
    // Written and read again, they are what a header can hold.
    const text = formatSyslogHeader({ facility: 0, severity: 0, hostname: hostname(), appName: application })
    const header = parseSyslogHeader(text)?.header
    this.#hostname = header?.hostname
    this.#appName = header?.appName
    this.#isLocal = isLocal
  }

  /** Whether a datagram comes from a socket of this process that sends fireflies, whatever it holds. */
  isFromOurSocket(sender: string, port: number): boolean {
    return isSendingPort(addressFamily(sender), port) && this.#isLocal(sender)
  }

  /**
   * Whether a header is ours. Hosts may share a name (containers do), so the flow must begin here, too.
   *
   * @param source the address where the flow begins
   */
  isOurHeader(header: SyslogHeader | undefined, source: string): boolean {
    return (
      header !== undefined &&
      header.appName === this.#appName &&
      header.hostname === this.#hostname &&
      this.#isLocal(source)
    )
  }
}
