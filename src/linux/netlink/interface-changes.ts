import { readDeletedLink } from './link.ts'
import { NetlinkListener } from './listener.ts'
import type { NetlinkMessage } from './message.ts'
import { NETLINK } from './socket.ts'
import { type Removal, readRemoval } from './traffic-control.ts'

/** RTNLGRP_LINK, RTNLGRP_TC, RTNLGRP_IPV4_IFADDR, RTNLGRP_IPV6_IFADDR (linux/rtnetlink.h). */
const GROUP = { link: 1, trafficControl: 4, ipv4Address: 5, ipv6Address: 9 } as const
/** From RTM_NEWQDISC to RTM_GETTFILTER. */
const TRAFFIC_CONTROL = { first: 36, last: 46 } as const

/** What is told of an interface is some 1.5 KiB. */
const MESSAGE_BYTES = 8192
/** Missing some is harmless: that something changed is all that is taken from them, but for deletions. */
const RECEIVE_BUFFER_BYTES = 1024 * 1024
const REST_MS = 50

/** What was heard since the last time. */
export interface InterfaceChange {
  /** Whether interfaces or their addresses changed, or may have. */
  interfaces: boolean
  /** Indexes of interfaces that were deleted or moved to another namespace; a new one may have such an index by now. */
  deleted: ReadonlySet<number>
  /** What was removed from the clsact of interfaces, by their indexes: the qdisc, or filters only. */
  removed: ReadonlyMap<number, Removal>
}

/**
 * Hears that interfaces or their addresses changed, in the network namespace that it was opened in. It needs no
 * privilege.
 */
export class InterfaceChanges {
  readonly #listener: NetlinkListener
  readonly #onChange: (change: InterfaceChange) => void
  #interfaces = false
  #deleted = new Set<number>()
  #removed = new Map<number, Removal>()
  #telling: NodeJS.Immediate | undefined

  /**
   * @param onChange is called some time after one or many changes
   * @throws TidemarkError PERMISSION_DENIED, SYSTEM_CALL_FAILED, PLATFORM_UNSUPPORTED
   */
  static open(onChange: (change: InterfaceChange) => void): InterfaceChanges {
    return new InterfaceChanges(onChange)
  }

  private constructor(onChange: (change: InterfaceChange) => void) {
    this.#onChange = onChange
    this.#listener = NetlinkListener.open({
      name: 'changes of interfaces',
      family: NETLINK.ROUTE,
      groups: [GROUP.link, GROUP.ipv4Address, GROUP.ipv6Address],
      messageBytes: MESSAGE_BYTES,
      receiveBufferBytes: RECEIVE_BUFFER_BYTES,
      restMs: REST_MS,
      onMessage: message => this.#take(message),
      onMissed: () => this.#interfacesChanged(),
    })
  }

  /**
   * Hears also what is removed from clsact qdiscs. Who has no filter there does not ask for it: some hosts change
   * filters by the thousand. Idempotent.
   *
   * @throws TidemarkError PERMISSION_DENIED, SYSTEM_CALL_FAILED
   */
  hearTrafficControl(): void {
    this.#listener.join(GROUP.trafficControl)
  }

  /** Tells nothing more. Idempotent. */
  close(): void {
    clearImmediate(this.#telling)
    this.#telling = undefined
    this.#listener.close()
  }

  #take(message: NetlinkMessage): void {
    const { type } = message
    if (type >= TRAFFIC_CONTROL.first && type <= TRAFFIC_CONTROL.last) {
      this.#takeRemoval(message)
      return
    }
    const deleted = readDeletedLink(message)
    if (deleted !== undefined) this.#deleted.add(deleted)
    this.#interfacesChanged()
  }

  #takeRemoval(message: NetlinkMessage): void {
    const read = readRemoval(message)
    if (read === undefined) return
    const { interfaceIndex, removal } = read
    if (this.#removed.get(interfaceIndex) !== 'qdisc') this.#removed.set(interfaceIndex, removal)
    this.#tellSoon()
  }

  #interfacesChanged(): void {
    this.#interfaces = true
    this.#tellSoon()
  }

  /** Once for all messages of a turn. */
  #tellSoon(): void {
    this.#telling ??= setImmediate(() => {
      this.#telling = undefined
      const change = { interfaces: this.#interfaces, deleted: this.#deleted, removed: this.#removed }
      this.#interfaces = false
      this.#deleted = new Set()
      this.#removed = new Map()
      this.#onChange(change)
    })
  }
}
