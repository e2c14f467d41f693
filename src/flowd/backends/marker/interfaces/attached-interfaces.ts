import { isTidemarkError, type Logger, messageOf } from '../../../../common/index.ts'
import { InterfaceChanges, type Link, NETLINK, NetlinkSocket } from '../../../../linux/index.ts'
import type { Attachment } from '../attachment.ts'
import { chooseInterfaces, requireNamed, type WantedInterfaces } from './choice.ts'

export interface AttachedInterfacesSetup extends WantedInterfaces {
  attach: (socket: NetlinkSocket, link: Link) => Attachment
  log: Logger
}

interface AttachedInterface {
  name: string
  attachment: Attachment
}

/**
 * Keeps the program attached to the chosen interfaces while they come and go: hot-plugged devices, bonds and tunnels that
 * are made anew. The kernel detaches it from an interface that is deleted; what is left of that is released here.
 */
export class AttachedInterfaces {
  readonly #setup: AttachedInterfacesSetup
  readonly #attached = new Map<number, AttachedInterface>()
  /** Why the program could not be attached, by interface; told once. */
  readonly #problems = new Map<number, string>()
  #socket: NetlinkSocket | undefined
  #changes: InterfaceChanges | undefined
  #attachments = 0
  #failures = 0

  constructor(setup: AttachedInterfacesSetup) {
    this.#setup = setup
  }

  /** How many interfaces the program is attached to. */
  get size(): number {
    return this.#attached.size
  }

  /** How often it was attached since the start. */
  get attachments(): number {
    return this.#attachments
  }

  /** How often that failed. */
  get failures(): number {
    return this.#failures
  }

  /**
   * Attaches to the interfaces that are there, and goes on to follow their changes in this network namespace.
   *
   * @throws TidemarkError INTERFACE_ABSENT, LINK_TYPE_UNSUPPORTED, TCX_UNSUPPORTED, ATTACH_REFUSED, PERMISSION_DENIED
   */
  start(): void {
    const { discoverInterfaces, targetInterfaces, log } = this.#setup
    this.#socket = NetlinkSocket.open(NETLINK.ROUTE)
    // Before the list is read, so that no change falls in between.
    this.#changes = InterfaceChanges.open(deleted => this.#follow(deleted))
    const links = chooseInterfaces(this.#socket, this.#setup)
    if (!discoverInterfaces) requireNamed(this.#socket, targetInterfaces, links)
    else if (links.length === 0) log.warn({}, 'no interface has a public IPv6 address: nothing is marked until one has')
    for (const link of links) {
      if (discoverInterfaces) this.#tryToAttach(this.#socket, link)
      else this.#attach(this.#socket, link)
    }
  }

  /** Detaches from every interface. Idempotent. */
  stop(): void {
    this.#changes?.close()
    this.#changes = undefined
    for (const [index, { attachment, name }] of this.#attached) {
      this.#attached.delete(index)
      this.#release(attachment, name)
    }
    this.#problems.clear()
    this.#socket?.close()
    this.#socket = undefined
  }

  #follow(deleted: ReadonlySet<number>): void {
    const socket = this.#socket
    if (socket === undefined) return
    try {
      const links = new Map(chooseInterfaces(socket, this.#setup).map(link => [link.index, link]))
      this.#letGo(links, deleted)
      for (const link of links.values()) if (!this.#attached.has(link.index)) this.#tryToAttach(socket, link)
    } catch (error) {
      this.#setup.log.error({ reason: messageOf(error) }, 'the interfaces could not be listed')
    }
  }

  #letGo(links: ReadonlyMap<number, Link>, deleted: ReadonlySet<number>): void {
    for (const index of this.#problems.keys()) if (!links.has(index) || deleted.has(index)) this.#problems.delete(index)
    for (const [index, { name, attachment }] of this.#attached) {
      if (links.get(index)?.name === name && !deleted.has(index)) continue
      this.#attached.delete(index)
      this.#release(attachment, name)
      this.#setup.log.warn({ interface: name }, 'the interface is gone or chosen no more: nothing of it is marked')
    }
  }

  #attach(socket: NetlinkSocket, link: Link): void {
    const attachment = this.#setup.attach(socket, link)
    this.#attached.set(link.index, { name: link.name, attachment })
    this.#attachments += 1
    this.#problems.delete(link.index)
    this.#setup.log.info({ interface: link.name, how: attachment.how }, 'marking what leaves')
  }

  /** Attaches to an interface that nobody named, or that came later: what hinders it must not end the daemon. */
  #tryToAttach(socket: NetlinkSocket, link: Link): void {
    try {
      this.#attach(socket, link)
    } catch (error) {
      this.#failures += 1
      const reason = messageOf(error)
      if (this.#problems.get(link.index) === reason) return
      this.#problems.set(link.index, reason)
      const remedy = isTidemarkError(error) ? error.remedy : undefined
      this.#setup.log.error({ interface: link.name, reason, remedy }, 'nothing of the interface can be marked')
    }
  }

  #release(attachment: Attachment, name: string): void {
    try {
      attachment.detach()
    } catch (error) {
      this.#setup.log.error({ interface: name, reason: messageOf(error) }, 'a tc filter could not be removed')
    }
  }
}
