import { NetlinkListener } from './listener.ts'
import type { NetlinkMessage } from './message.ts'
import { NETLINK } from './socket.ts'

/** RTNLGRP_LINK, RTNLGRP_IPV6_IFADDR (linux/rtnetlink.h). */
const GROUPS = [1, 9]
const RTM_DELLINK = 17
const AF_UNSPEC = 0
/** `struct ifinfomsg`: the family, then the interface's index. */
const INFO = { length: 16, index: 4 } as const

/** What is told of an interface is some 1.5 KiB. */
const MESSAGE_BYTES = 8192
/** Missing some is harmless: that something changed is all that is taken from them, but for deletions. */
const RECEIVE_BUFFER_BYTES = 1024 * 1024
const REST_MS = 50

/**
 * Hears that interfaces or their IPv6 addresses changed, in the network namespace that it was opened in. It needs no
 * privilege.
 */
export class InterfaceChanges {
  readonly #listener: NetlinkListener
  readonly #onChange: (deleted: ReadonlySet<number>) => void
  #deleted = new Set<number>()
  #telling: NodeJS.Immediate | undefined

  /**
   * @param onChange is called some time after one or many changes, with the indexes of interfaces that were deleted or
   * moved to another namespace; a new interface may have such an index by then
   * @throws TidemarkError PERMISSION_DENIED, SYSTEM_CALL_FAILED, PLATFORM_UNSUPPORTED
   */
  static open(onChange: (deleted: ReadonlySet<number>) => void): InterfaceChanges {
    return new InterfaceChanges(onChange)
  }

  private constructor(onChange: (deleted: ReadonlySet<number>) => void) {
    this.#onChange = onChange
    this.#listener = NetlinkListener.open({
      name: 'changes of interfaces',
      family: NETLINK.ROUTE,
      groups: GROUPS,
      messageBytes: MESSAGE_BYTES,
      receiveBufferBytes: RECEIVE_BUFFER_BYTES,
      restMs: REST_MS,
      onMessage: message => this.#take(message),
      onMissed: () => this.#tellSoon(),
    })
  }

  /** Tells nothing more. Idempotent. */
  close(): void {
    clearImmediate(this.#telling)
    this.#telling = undefined
    this.#listener.close()
  }

  #take({ type, payload }: NetlinkMessage): void {
    // Of another family it says that the interface has left a bridge.
    if (type === RTM_DELLINK && payload.length >= INFO.length && payload[0] === AF_UNSPEC) {
      this.#deleted.add(payload.readInt32LE(INFO.index))
    }
    this.#tellSoon()
  }

  /** Once for all messages of a turn. */
  #tellSoon(): void {
    this.#telling ??= setImmediate(() => {
      this.#telling = undefined
      const deleted = this.#deleted
      this.#deleted = new Set()
      this.#onChange(deleted)
    })
  }
}
