import { ERRNO } from '../libc.ts'
import { BatchSocket, CONTROL, NETLINK, refuse } from '../netlink/index.ts'
import { isAnswerTo, type PreparedLookup } from './lookup.ts'
import { REQUEST_LENGTH, SOCK_DIAG_BY_FAMILY } from './request.ts'
import { Slab } from './slab.ts'
import { SocketRecord } from './socket-record.ts'
import { SocketTable } from './socket-table.ts'

/** A reply with every extension is some 650 bytes. */
const ANSWER_BYTES = 2048

const NAME = 'lookup of sockets'

/** Exact lookups in the kernel's table of sockets, many at a time: half the cost of `SocketTable.find` for each. */
export class SocketLookups {
  /** How many sockets one call looks up at most. */
  static readonly CAPACITY = 64

  readonly #socket: BatchSocket
  /** For what only a dump tells. */
  readonly #table: SocketTable
  readonly #slab = new Slab()
  readonly #payloads: Uint8Array[] = []

  /**
   * Opens the table of the current network namespace.
   *
   * @throws TidemarkError PLATFORM_UNSUPPORTED, SYSTEM_CALL_FAILED
   */
  static open(): SocketLookups {
    const [capacity, questionBytes] = [SocketLookups.CAPACITY, REQUEST_LENGTH]
    const socket = BatchSocket.open({ family: NETLINK.SOCK_DIAG, capacity, questionBytes, answerBytes: ANSWER_BYTES })
    try {
      return new SocketLookups(socket, SocketTable.open())
    } catch (error) {
      socket.close()
      throw error
    }
  }

  private constructor(socket: BatchSocket, table: SocketTable) {
    this.#socket = socket
    this.#table = table
  }

  /**
   * Looks sockets up as `SocketTable.find` does.
   *
   * @returns for each lookup the socket, or undefined where there is none
   * @throws TidemarkError SOCKET_DIAGNOSTICS_MISSING when the kernel cannot tell, NETLINK_REFUSED, SYSTEM_CALL_FAILED
   */
  find(lookups: readonly PreparedLookup[]): (SocketRecord | undefined)[] {
    this.#payloads.length = 0
    for (const { payload } of lookups) this.#payloads.push(payload)
    const found = new Array<SocketRecord | undefined>(lookups.length)
    const refused: (readonly [PreparedLookup, Buffer])[] = []
    this.#socket.ask(NAME, SOCK_DIAG_BY_FAMILY, this.#payloads, (index, type, bytes, start, end) => {
      const lookup = lookups[index]
      if (lookup === undefined) return
      if (type === CONTROL.ERROR) refused.push([lookup, Buffer.from(bytes.subarray(start, end))])
      else if (SocketRecord.isWhole(start, end) && isAnswerTo(lookup, bytes, start)) {
        const keptAt = this.#slab.keep(bytes, start, end)
        found[index] = SocketRecord.of(this.#slab.bytes, keptAt, keptAt + end - start)
      }
    })
    // Only now: the answers of a batch are all to be taken before anything is thrown.
    for (const [lookup, payload] of refused) this.#requireAbsence(lookup, payload)
    return found
  }

  close(): void {
    this.#socket.close()
    this.#table.close()
  }

  #requireAbsence({ name, family, tuple }: PreparedLookup, payload: Buffer): void {
    const errno = payload.length < 4 ? 0 : -payload.readInt32LE()
    if (errno !== ERRNO.ENOENT) refuse(name, { type: CONTROL.ERROR, flags: 0, sequence: 0, payload })
    this.#table.requireSupport(family, tuple.protocol)
  }
}
