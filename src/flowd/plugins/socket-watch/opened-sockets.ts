import { type Logger, LogThrottle, messageOf, type Service, type StageAccount } from '../../../common/index.ts'
import { requireBpf, SocketTable } from '../../../linux/index.ts'
import {
  type ConnectionRecord,
  decodeRecord,
  EVERY_PORT,
  encodeSettings,
  SocketProgram,
  WATCHER,
} from '../../sock-ops/index.ts'
import { type HostSocket, hostSocket, isLive } from './host-socket.ts'
import { BUSY_SHARE, Turns } from './turns.ts'

export interface OpenedSocketsSetup {
  /** Who asks for it, for errors: `the plugin netlink`. */
  what: string
  account: StageAccount
  log: Logger
  /** Is told of a TCP socket as soon as it is connected and somebody holds it. */
  onOpened: (socket: HostSocket) => Promise<void>
  /** Opens the kernel's table; that of the current network namespace when undefined. */
  openTable: (() => SocketTable) | undefined
}

/**
 * A connection from outside has no user before a program accepts it, so it is asked for again after these pauses; if
 * that takes longer, it is found by the next look.
 */
const PAUSES_MS = [0, 20, 200] as const

/** So many may wait for each of these; those beyond are found by the next look if they live so long. */
const WAITING_MOST = 10_000

/** A connection that was told of, and when to ask for its socket. */
interface Opened {
  connection: ConnectionRecord
  attempt: number
  dueMs: number
}

/**
 * Tells of TCP sockets of this host as they are connected. The kernel tells of every connection at once (sock_ops), of
 * other network namespaces as well, and the socket table then says whose it is.
 */
export class OpenedSockets implements Service {
  readonly #setup: OpenedSocketsSetup
  readonly #warnings: LogThrottle
  /** One for each of the pauses: what came first is due first. */
  readonly #waiting: Opened[][] = PAUSES_MS.map(() => [])
  #program: SocketProgram<ConnectionRecord> | undefined
  #table: SocketTable | undefined
  #timer: NodeJS.Timeout | undefined
  #asking: Promise<void> | undefined
  #restUntilMs = 0

  constructor(setup: OpenedSocketsSetup) {
    this.#setup = setup
    this.#warnings = new LogThrottle(setup.log)
  }

  /**
   * @throws TidemarkError PLATFORM_UNSUPPORTED, LIBBPF_MISSING, BTF_MISSING, CAPABILITY_MISSING, and what
   *   `SocketProgram` throws
   */
  async start(): Promise<void> {
    const { what, account, openTable = SocketTable.open } = this.#setup
    requireBpf(what)
    const table = openTable()
    try {
      this.#program = new SocketProgram({
        asset: WATCHER.asset,
        programPath: '',
        cgroupPath: '',
        load: { program: WATCHER.program, constants: encodeSettings(EVERY_PORT) },
        account,
        decode: decodeRecord,
        onRecord: record => this.#take(record),
        warnings: this.#warnings,
        lossWarning: undefined,
      })
    } catch (error) {
      table.close()
      throw error
    }
    this.#table = table
  }

  /** Idempotent. */
  async stop(): Promise<void> {
    const table = this.#table
    this.#table = undefined
    this.#program?.close()
    clearTimeout(this.#timer)
    await this.#asking
    const left = this.#waiting.reduce((sum, waiting) => sum + waiting.splice(0).length, 0)
    if (left > 0) this.#setup.account.drop('stopped', left)
    table?.close()
    this.#warnings.flush()
  }

  #take(record: ConnectionRecord): void {
    // How a connection ends is heard in other ways.
    if (record.event === 'closed') this.#setup.account.passed += 1
    else this.#askLater(record, 0)
  }

  #askLater(connection: ConnectionRecord, attempt: number): void {
    const [waiting, pauseMs] = [this.#waiting[attempt], PAUSES_MS[attempt]]
    if (waiting === undefined || pauseMs === undefined) this.#setup.account.drop('not-accepted')
    else if (waiting.length >= WAITING_MOST) this.#setup.account.drop('full')
    else {
      waiting.push({ connection, attempt, dueMs: performance.now() + pauseMs })
      this.#goOn(0)
    }
  }

  /** Asks when the first is due, but not before the rest that is due to other work. */
  #goOn(restMs: number): void {
    if (this.#asking !== undefined || this.#table === undefined) return
    const dueMs = Math.min(...this.#waiting.flatMap(([first]) => first?.dueMs ?? []))
    this.#restUntilMs = Math.max(this.#restUntilMs, performance.now() + restMs)
    clearTimeout(this.#timer)
    if (!Number.isFinite(dueMs)) return
    const waitMs = Math.max(0, Math.max(dueMs, this.#restUntilMs) - performance.now())
    this.#timer = setTimeout(() => {
      this.#asking = this.#ask().then(restMs => {
        this.#asking = undefined
        this.#goOn(restMs)
      })
    }, waitMs)
  }

  /** Asks for those that are due, for one turn at most; says how long to rest then. */
  async #ask(): Promise<number> {
    const turns = new Turns()
    const beganMs = performance.now()
    let opened = this.#takeDue()
    while (opened !== undefined) {
      await this.#askFor(opened)
      opened = turns.isOver ? undefined : this.#takeDue()
    }
    return Math.max(0, turns.busyMs / BUSY_SHARE - (performance.now() - beganMs))
  }

  #takeDue(): Opened | undefined {
    const now = performance.now()
    return this.#waiting.find(([first]) => first !== undefined && first.dueMs <= now)?.shift()
  }

  async #askFor({ connection, attempt }: Opened): Promise<void> {
    const { account, onOpened } = this.#setup
    try {
      const record = this.#table?.lookup(connection.flow)
      // Of another network namespace, or closed meanwhile.
      if (record?.cookie !== connection.cookie.toString(16).padStart(16, '0') || !isLive(record, 'tcp'))
        account.drop('no-socket')
      else if (record.inode === 0) this.#askLater(connection, attempt + 1)
      else {
        await onOpened(hostSocket(record, 'tcp'))
        account.passed += 1
      }
    } catch (error) {
      account.drop('failed')
      this.#warnings.warn(() => [{ reason: messageOf(error) }, 'a socket that was opened cannot be looked at'])
    }
  }
}
