import { type Logger, messageOf } from '../../../../common/index.ts'
import { type BpfMap, listLearnedPaths, NETLINK, NetlinkSocket } from '../../../../linux/index.ts'
import { decodePath, encodePath, MARGIN_MS, SETTLING_MS } from './layout.ts'

/** A transfer that stalls waits so long at most. */
const PERIOD_MS = 1000
/** Where the kernel has many routes to go through, looking takes a hundredth of the time. */
const PAUSE_PER_LOOK = 100

/**
 * Takes over what the kernel of this network namespace has learned of paths, now and every second: no packet is lost
 * to learn it again, and what routers tell counts also where it comes in on an interface that is not marked on.
 */
export class KnownPaths {
  readonly #paths: BpfMap
  readonly #log: Logger
  readonly #socket: NetlinkSocket
  #next: NodeJS.Timeout | undefined
  /** Why a look failed; told once. */
  #toldFailure: string | undefined

  /**
   * Has taken over what is known already when this returns.
   *
   * @throws TidemarkError NETLINK_REFUSED, PERMISSION_DENIED, SYSTEM_CALL_FAILED
   */
  constructor(paths: BpfMap, log: Logger) {
    this.#paths = paths
    this.#log = log
    this.#socket = NetlinkSocket.open(NETLINK.ROUTE, { strict: true })
    try {
      this.#take()
    } catch (error) {
      this.#socket.close()
      throw error
    }
    this.#goOn(PERIOD_MS)
  }

  /** Idempotent. */
  close(): void {
    clearTimeout(this.#next)
    this.#socket.close()
  }

  #take(): void {
    const nowNs = process.hrtime.bigint()
    for (const { destination, mtu, expiresMs } of listLearnedPaths(this.#socket)) {
      const bytes = this.#paths.get(destination)
      const known = bytes === undefined ? undefined : decodePath(bytes)
      // A router may have told of less what only tagged packets were too long for.
      if (known !== undefined && nowNs < known.untilNs && known.mtu < mtu) continue
      this.#paths.set(
        destination,
        encodePath({ mtu, settlingMs: SETTLING_MS, lifetimeMs: expiresMs + MARGIN_MS }, nowNs),
      )
    }
  }

  #goOn(pauseMs: number): void {
    this.#next = setTimeout(() => this.#look(), pauseMs)
  }

  #look(): void {
    const beganMs = performance.now()
    try {
      this.#take()
      this.#toldFailure = undefined
    } catch (error) {
      const reason = messageOf(error)
      if (reason !== this.#toldFailure) this.#log.warn({ reason }, 'what the kernel learned of paths cannot be read')
      this.#toldFailure = reason
    }
    this.#goOn(Math.max(PERIOD_MS, PAUSE_PER_LOOK * (performance.now() - beganMs)))
  }
}
