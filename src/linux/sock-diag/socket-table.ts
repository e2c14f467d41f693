import { isTidemarkError, TidemarkError } from '../../common/index.ts'
import { ERRNO } from '../libc.ts'
import { NETLINK, NetlinkSocket } from '../netlink/index.ts'
import { type PreparedLookup, prepareLookup } from './lookup.ts'
import {
  encodeDump,
  SOCK_DIAG_BY_FAMILY,
  type SocketFamily,
  type SocketProtocol,
  type SocketQuery,
  type SocketTuple,
} from './request.ts'
import { SocketRecord } from './socket-record.ts'

/**
 * The kernel's table of sockets in the network namespace of the process, asked by sock_diag. One lookup costs some
 * microseconds whatever the number of sockets; a dump costs about a microsecond for each.
 */
export class SocketTable {
  readonly #netlink: NetlinkSocket
  /** Protocols that the kernel has shown to answer for; without its module it calls every socket absent. */
  readonly #supported = new Set<string>()

  /**
   * Opens the table of the current network namespace.
   *
   * @throws TidemarkError PLATFORM_UNSUPPORTED, SYSTEM_CALL_FAILED
   */
  static open(): SocketTable {
    return new SocketTable(NetlinkSocket.open(NETLINK.SOCK_DIAG))
  }

  private constructor(netlink: NetlinkSocket) {
    this.#netlink = netlink
  }

  /**
   * The socket that has exactly this 5-tuple, whatever its state, or undefined. A listener on the same port is not it.
   * For UDP, a socket that is bound to the local end but not connected is taken as well: it may be the one that sends.
   *
   * @param extensions which optional parts to read (see SocketQuery); none by default, which is cheapest
   * @throws TidemarkError SOCKET_DIAGNOSTICS_MISSING when the kernel cannot tell
   */
  lookup(tuple: SocketTuple, extensions = 0): SocketRecord | undefined {
    return this.find(prepareLookup(tuple, extensions))
  }

  /** The same for a tuple that is asked for again and again. */
  find(lookup: PreparedLookup): SocketRecord | undefined {
    try {
      const { name, payload } = lookup
      const record = SocketRecord.of(this.#netlink.ask({ name, type: SOCK_DIAG_BY_FAMILY, payload }).payload)
      return record?.isOf(lookup) === true ? record : undefined
    } catch (error) {
      if (!isAbsent(error)) throw error
      this.requireSupport(lookup.family, lookup.tuple.protocol)
      return undefined
    }
  }

  /**
   * Every socket that a query matches; IPv4 traffic of IPv6 sockets comes with family `ipv6` queries.
   * Read it to its end before the next call.
   *
   * @throws TidemarkError SOCKET_DIAGNOSTICS_MISSING
   */
  *dump(query: SocketQuery): Generator<SocketRecord, void, void> {
    const name = `table of ${query.family} ${query.protocol} sockets`
    try {
      for (const reply of this.#netlink.dump({ name, type: SOCK_DIAG_BY_FAMILY, payload: encodeDump(query) })) {
        const record = SocketRecord.of(reply.payload)
        if (record !== undefined) yield record
      }
    } catch (error) {
      throw isAbsent(error) ? missing(query.family, query.protocol, error) : error
    }
  }

  close(): void {
    this.#netlink.close()
  }

  [Symbol.dispose](): void {
    this.close()
  }

  /**
   * Checks that the kernel can tell of such sockets: "no such socket" and "no module for such sockets" are the same
   * errno, and only a dump tells them apart.
   *
   * @throws TidemarkError SOCKET_DIAGNOSTICS_MISSING
   */
  requireSupport(family: SocketFamily, protocol: SocketProtocol): void {
    const key = `${family} ${protocol}`
    if (this.#supported.has(key)) return
    // No state matches, so this is cheap and empty; without the module it throws.
    Array.from(this.dump({ family, protocol, extensions: 0, states: 0 }))
    this.#supported.add(key)
  }
}

function isAbsent(error: unknown): boolean {
  return isTidemarkError(error, 'NETLINK_REFUSED') && error.details['errno'] === ERRNO.ENOENT
}

function missing(family: SocketFamily, protocol: SocketProtocol, cause: unknown): TidemarkError {
  return new TidemarkError('SOCKET_DIAGNOSTICS_MISSING', { family, protocol }, cause)
}
