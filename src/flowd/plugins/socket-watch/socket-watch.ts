import { type Logger, LogThrottle, messageOf, type Service } from '../../../common/index.ts'
import { type SocketFamily, SocketTable } from '../../../linux/index.ts'
import type { Protocol } from '../../../scitags/index.ts'
import { type HostSocket, hostSocket, isLive, LIVE_MASKS } from './host-socket.ts'
import { BUSY_SHARE, Turns } from './turns.ts'

/** What came and what went between two looks. */
export interface SocketNews {
  came: readonly HostSocket[]
  gone: readonly HostSocket[]
  /** Work that lasts long is to be cut by these. */
  turns: Turns
}

export interface SocketWatchSetup {
  /** From the beginning of a look to that of the next, if the looks take less than a tenth of that. */
  periodMs: number
  log: Logger
  /** Is told after each look; the first tells of every socket there is. */
  onLook: (news: SocketNews) => Promise<void>
  /** Opens the kernel's table; that of the current network namespace when undefined. */
  openTable: (() => SocketTable) | undefined
}

const KINDS: readonly (readonly [SocketFamily, Protocol])[] = [
  ['ipv4', 'tcp'],
  ['ipv6', 'tcp'],
  ['ipv4', 'udp'],
  ['ipv6', 'udp'],
]

interface SeenSocket extends HostSocket {
  /** The look that saw it last. */
  look: number
  /** Whether it was told of. A look that fails tells nothing; what it found is told by the next. */
  told: boolean
}

/**
 * Watches the connected sockets of this host: reads the kernel's table again and again, in short turns, and tells by
 * the cookies which are new and which are gone. What lives for less than a period may be missed.
 */
export class SocketWatch implements Service {
  readonly #setup: SocketWatchSetup
  readonly #warnings: LogThrottle
  readonly #seen = new Map<string, SeenSocket>()
  /** What the kernel answers for: without its module, UDP is left out. */
  #kinds = KINDS
  #table: SocketTable | undefined
  #timer: NodeJS.Timeout | undefined
  #looking: Promise<void> = Promise.resolve()
  #looks = 0

  constructor(setup: SocketWatchSetup) {
    this.#setup = setup
    this.#warnings = new LogThrottle(setup.log)
  }

  /** How many live sockets the latest look found. */
  get size(): number {
    return this.#seen.size
  }

  /** @throws TidemarkError SOCKET_DIAGNOSTICS_MISSING, PLATFORM_UNSUPPORTED, SYSTEM_CALL_FAILED */
  async start(): Promise<void> {
    const table = (this.#setup.openTable ?? SocketTable.open)()
    try {
      this.#kinds = KINDS.filter(([family, protocol]) => this.#isAnswered(table, family, protocol))
    } catch (error) {
      table.close()
      throw error
    }
    this.#table = table
    this.#lookIn(0)
  }

  async stop(): Promise<void> {
    const table = this.#table
    this.#table = undefined
    clearTimeout(this.#timer)
    await this.#looking
    table?.close()
    this.#warnings.flush()
  }

  /** Takes in a socket that was found in another way; false when it is known. Looks go on with it as with their own. */
  takeIn(socket: HostSocket): boolean {
    if (this.#seen.has(socket.cookie)) return false
    this.#seen.set(socket.cookie, { ...socket, look: this.#looks, told: true })
    return true
  }

  #isAnswered(table: SocketTable, family: SocketFamily, protocol: Protocol): boolean {
    try {
      table.requireSupport(family, protocol)
      return true
    } catch (error) {
      if (protocol === 'tcp') throw error
      this.#setup.log.warn({ reason: messageOf(error) }, `${family} ${protocol} sockets are not watched`)
      return false
    }
  }

  #lookIn(ms: number): void {
    this.#timer = setTimeout(() => {
      this.#looking = this.#lookAndGoOn()
    }, ms)
  }

  async #lookAndGoOn(): Promise<void> {
    const beganMs = performance.now()
    const turns = new Turns()
    try {
      await this.#look(turns)
    } catch (error) {
      this.#warnings.warn(() => [{ reason: messageOf(error) }, 'the sockets of this host cannot be looked at'])
    }
    if (this.#table === undefined) return
    const pauseMs = Math.max(this.#setup.periodMs, turns.busyMs / BUSY_SHARE) - (performance.now() - beganMs)
    this.#lookIn(Math.max(0, pauseMs))
  }

  async #look(turns: Turns): Promise<void> {
    this.#looks += 1
    for (const [family, protocol] of this.#kinds) {
      // The kernel goes through a large empty table within one call.
      await turns.next()
      await this.#lookAt(family, protocol, turns)
    }
    const { came, gone } = await this.#news(turns)
    if (this.#table === undefined) return
    await this.#setup.onLook({ came, gone, turns })
    for (const socket of came) socket.told = true
    for (const { cookie } of gone) this.#seen.delete(cookie)
  }

  async #lookAt(family: SocketFamily, protocol: Protocol, turns: Turns): Promise<void> {
    const query = { family, protocol, extensions: 0, states: LIVE_MASKS[protocol] }
    for (const record of this.#table?.dump(query) ?? []) {
      const { cookie } = record
      const known = this.#seen.get(cookie)
      if (!isLive(record, protocol)) continue
      if (known !== undefined) known.look = this.#looks
      // What nobody holds any more was closed before it was seen, and its user is not known.
      else if (record.inode !== 0) {
        this.#seen.set(cookie, { ...hostSocket(record, protocol), look: this.#looks, told: false })
      }
      if (turns.isOver) await turns.next()
      if (this.#table === undefined) return
    }
  }

  /**
   * What is new, and what is gone. A table that changes while it is read may hide a socket, so each that this look did
   * not see is asked for once more.
   */
  async #news(turns: Turns): Promise<{ came: SeenSocket[]; gone: SeenSocket[] }> {
    const came: SeenSocket[] = []
    const gone: SeenSocket[] = []
    for (const socket of this.#seen.values()) {
      if (turns.isOver) await turns.next()
      if (this.#table === undefined) break
      if (socket.look === this.#looks || this.#isThere(this.#table, socket)) {
        if (!socket.told) came.push(socket)
      } else if (socket.told) gone.push(socket)
      else this.#seen.delete(socket.cookie)
    }
    return { came, gone }
  }

  #isThere(table: SocketTable, { cookie, tuple }: SeenSocket): boolean {
    const record = table.lookup(tuple)
    return record?.cookie === cookie && isLive(record, tuple.protocol)
  }
}
