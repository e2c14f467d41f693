import { messageOf } from '../../../../common/index.ts'
import { type InterfaceChange, InterfaceChanges, type Link, NETLINK, NetlinkSocket } from '../../../../linux/index.ts'
import { chooseInterfaces, requireNamed, type WantedInterfaces } from './choice.ts'
import { TendedInterface, type TendedInterfaceSetup, type TendingCounts } from './tended-interface.ts'

export type AttachedInterfacesSetup = WantedInterfaces & Omit<TendedInterfaceSetup, 'now'>

/** So long nothing is looked at after a look that failed. */
const AFTER_FAILURE_MS = 10_000

const now = () => performance.now()

/**
 * Keeps the program attached to the chosen interfaces while they come and go: hot-plugged devices, bonds and tunnels
 * that are made anew. The kernel detaches it from an interface that is deleted; what is left of that is released here.
 */
export class AttachedInterfaces {
  readonly #setup: AttachedInterfacesSetup
  /** The chosen ones that are there, by index. */
  readonly #interfaces = new Map<number, TendedInterface>()
  readonly #counts: TendingCounts = { attachments: 0, failures: 0, removals: 0 }
  #socket: NetlinkSocket | undefined
  #changes: InterfaceChanges | undefined
  #next: NodeJS.Timeout | undefined
  /** Why looking after the interfaces failed; told once. */
  #toldFailure: string | undefined

  constructor(setup: AttachedInterfacesSetup) {
    this.#setup = setup
  }

  /** How many interfaces the program is attached to. */
  get size(): number {
    return this.#interfaces.size - this.unmarked.length
  }

  /** The chosen interfaces that are not marked on now, and why. */
  get unmarked(): { name: string; reason: string }[] {
    return [...this.#interfaces.values()].flatMap(({ link, problem }) =>
      problem === undefined ? [] : [{ name: link.name, reason: problem }],
    )
  }

  /** What happened since the start. */
  get counts(): Readonly<TendingCounts> {
    return this.#counts
  }

  /**
   * Attaches to the interfaces that are there, and goes on to follow their changes in this network namespace.
   *
   * @throws TidemarkError INTERFACE_ABSENT, LINK_TYPE_UNSUPPORTED, TCX_UNSUPPORTED, ATTACH_REFUSED, PERMISSION_DENIED
   */
  start(): void {
    const { discoverInterfaces, targetInterfaces, log } = this.#setup
    const socket = NetlinkSocket.open(NETLINK.ROUTE)
    this.#socket = socket
    // Before the list is read, so that no change falls in between.
    this.#changes = InterfaceChanges.open(change => this.#attend(socket, () => this.#take(socket, change)))
    const links = chooseInterfaces(socket, this.#setup)
    if (!discoverInterfaces) requireNamed(socket, targetInterfaces, links)
    if (!discoverInterfaces && targetInterfaces.length === 0) {
      log.warn({}, 'targetInterfaces is empty and discoverInterfaces is off: nothing is marked')
    } else if (links.length === 0)
      log.warn({}, 'no interface has a public IPv6 address: nothing is marked until one has')
    for (const link of links) {
      const tended = this.#tend(link)
      if (discoverInterfaces) tended.tryToAttach(socket)
      else tended.attach(socket)
    }
    this.#goOn(socket, 0)
  }

  /** Detaches from every interface. Idempotent. */
  stop(): void {
    clearTimeout(this.#next)
    this.#changes?.close()
    this.#changes = undefined
    const socket = this.#socket
    this.#socket = undefined
    if (socket === undefined) return
    for (const tended of this.#interfaces.values()) tended.release(socket, false)
    this.#interfaces.clear()
    socket.close()
  }

  #take(socket: NetlinkSocket, { interfaces, deleted, removed }: InterfaceChange): void {
    if (interfaces) this.#follow(socket, deleted)
    for (const [index, removal] of removed) this.#interfaces.get(index)?.lookForRemoval(socket, removal)
  }

  #look(socket: NetlinkSocket): void {
    const due = [...this.#interfaces.values()].filter(({ dueMs }) => dueMs <= now())
    // The program is also gone where its interface is, of which the kernel may not have told yet.
    if (due.some(tended => !tended.isInPlace(socket))) this.#follow(socket, new Set())
    for (const tended of due) if (this.#interfaces.get(tended.link.index) === tended) tended.look(socket)
  }

  #follow(socket: NetlinkSocket, deleted: ReadonlySet<number>): void {
    const links = new Map(chooseInterfaces(socket, this.#setup).map(link => [link.index, link]))
    for (const [index, tended] of this.#interfaces) {
      const { name } = tended.link
      if (links.get(index)?.name === name && !deleted.has(index)) continue
      this.#interfaces.delete(index)
      tended.release(socket, deleted.has(index))
      this.#setup.log.warn({ interface: name }, 'the interface is gone or chosen no more: nothing of it is marked')
    }
    for (const link of links.values()) if (!this.#interfaces.has(link.index)) this.#tend(link).tryToAttach(socket)
  }

  #tend(link: Link): TendedInterface {
    const tended = new TendedInterface(link, { ...this.#setup, now }, this.#counts)
    this.#interfaces.set(link.index, tended)
    return tended
  }

  /** What goes wrong here concerns no interface alone, and ends nothing: it is told once, and tried again. */
  #attend(socket: NetlinkSocket, work: () => void): void {
    try {
      work()
      this.#toldFailure = undefined
      this.#goOn(socket, 0)
    } catch (error) {
      const reason = messageOf(error)
      if (reason !== this.#toldFailure) this.#setup.log.error({ reason }, 'the interfaces could not be looked at')
      this.#toldFailure = reason
      this.#goOn(socket, AFTER_FAILURE_MS)
    }
  }

  /** Looks again when the first of the interfaces is due; where there is none, nothing is to be looked at. */
  #goOn(socket: NetlinkSocket, leastMs: number): void {
    clearTimeout(this.#next)
    const tended = [...this.#interfaces.values()]
    if (tended.length === 0) return
    if (tended.some(({ how }) => how === 'clsact')) this.#changes?.hearTrafficControl()
    const dueMs = Math.min(...tended.map(one => one.dueMs))
    this.#next = setTimeout(() => this.#attend(socket, () => this.#look(socket)), Math.max(leastMs, dueMs - now()))
  }
}
