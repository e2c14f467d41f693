import { isTidemarkError, type Logger, messageOf } from '../../../../common/index.ts'
import type { Link, NetlinkSocket, Removal } from '../../../../linux/index.ts'
import type { Attachment } from '../attachment.ts'
import { GrowingPause } from './growing-pause.ts'

/** How often the program is looked for: nobody tells that a TCX link was detached. A look is one system call. */
const LOOK_MS = 10_000
/** After so long without a removal, what was before counts no more. Twice the longest pause. */
const CALM_MS = 600_000

export interface TendedInterfaceSetup {
  attach: (socket: NetlinkSocket, link: Link) => Attachment
  log: Logger
  /** Milliseconds of a clock that only goes on. */
  now: () => number
}

/** What happened on the interfaces since the start. */
export interface TendingCounts {
  /** How often the program was attached. */
  attachments: number
  /** How often that failed. */
  failures: number
  /** How often somebody else removed it. */
  removals: number
}

/**
 * Keeps the program on one interface. What the kernel refuses is tried again after growing pauses. What somebody
 * removes is put back: at once, and after growing pauses where it is removed again and again, so that nobody is fought.
 */
export class TendedInterface {
  readonly link: Link
  readonly #setup: TendedInterfaceSetup
  readonly #counts: TendingCounts
  readonly #afterRefusal = new GrowingPause()
  readonly #afterRemoval = new GrowingPause()
  #attachment: Attachment | undefined
  /** Why nothing is marked now. */
  #problem: string | undefined
  /** The refusal that the log told of last. */
  #toldRefusal: string | undefined
  /** Of the latest removals, each soon after the one before. */
  #removals = 0
  #removedAtMs = 0
  /** When it is to be looked at, or tried, next. */
  #dueMs = 0

  constructor(link: Link, setup: TendedInterfaceSetup, counts: TendingCounts) {
    this.link = link
    this.#setup = setup
    this.#counts = counts
  }

  /** Why nothing that leaves through it is marked; undefined while it is marked on. */
  get problem(): string | undefined {
    return this.#problem
  }

  /** When `look` is to be called next, by the clock. */
  get dueMs(): number {
    return this.#dueMs
  }

  /** How the program is attached, once it was. */
  get how(): Attachment['how'] | undefined {
    return this.#attachment?.how
  }

  /** Attaches for the first time. What it throws is what `attach` throws. */
  attach(socket: NetlinkSocket): void {
    this.#attachment = this.#setup.attach(socket, this.link)
    this.#attached(this.#attachment)
  }

  /** Attaches, now or later: what hinders it must not end the daemon. */
  tryToAttach(socket: NetlinkSocket): void {
    try {
      if (this.#attachment === undefined) this.attach(socket)
      else {
        this.#attachment = this.#attachment.putBack(socket)
        this.#attached(this.#attachment)
      }
    } catch (error) {
      this.#refused(error)
    }
  }

  /**
   * Whether the program is attached.
   *
   * @throws TidemarkError SYSTEM_CALL_FAILED
   */
  isInPlace(socket: NetlinkSocket): boolean {
    return this.#problem === undefined && this.#attachment?.isInPlace(socket) === true
  }

  /** Does what is due: looks for the program, or tries to attach it. */
  look(socket: NetlinkSocket): void {
    if (this.#problem === undefined) this.lookForRemoval(socket)
    else this.tryToAttach(socket)
  }

  /**
   * Sees to it that the program is there again if somebody removed it.
   *
   * @param heard what the kernel told of; undefined when it told of nothing, or what it told was missed
   */
  lookForRemoval(socket: NetlinkSocket, heard?: Removal): void {
    if (this.isInPlace(socket)) {
      this.#stands()
      return
    }
    // Whoever removed the qdisc and made another owns that one.
    if (heard !== 'filter') this.#attachment?.disownQdisc()
    if (this.#problem === undefined) this.#removed(socket)
  }

  /**
   * Removes the program.
   *
   * @param withInterface whether the interface was deleted, and all that was on it
   */
  release(socket: NetlinkSocket, withInterface: boolean): void {
    const attachment = this.#attachment
    this.#attachment = undefined
    try {
      if (withInterface) attachment?.disownQdisc()
      attachment?.detach(socket)
    } catch (error) {
      this.#setup.log.error({ interface: this.link.name, reason: messageOf(error) }, 'a tc filter could not be removed')
    }
  }

  #attached({ how }: Attachment): void {
    this.#counts.attachments += 1
    this.#afterRefusal.reset()
    this.#dueMs = this.#setup.now() + LOOK_MS
    this.#problem = undefined
    // Of each of many removals nothing is said.
    if (this.#removals < 2 || this.#toldRefusal !== undefined) {
      this.#setup.log.info({ interface: this.link.name, how }, 'marking what leaves')
    }
    this.#toldRefusal = undefined
  }

  #refused(error: unknown): void {
    this.#counts.failures += 1
    const reason = messageOf(error)
    const pauseMs = this.#afterRefusal.next()
    this.#dueMs = this.#setup.now() + pauseMs
    this.#problem = reason
    if (this.#toldRefusal === reason) return
    this.#toldRefusal = reason
    const remedy = isTidemarkError(error) ? error.remedy : undefined
    this.#setup.log.error(
      { interface: this.link.name, reason, remedy },
      'nothing of the interface can be marked: it is tried again, after growing pauses',
    )
  }

  #stands(): void {
    const { now, log } = this.#setup
    this.#dueMs = now() + LOOK_MS
    if (this.#removals === 0 || now() - this.#removedAtMs < CALM_MS) return
    if (this.#removals > 1) {
      log.info({ interface: this.link.name, removals: this.#removals }, 'nobody removes the program any more')
    }
    this.#removals = 0
    this.#afterRemoval.reset()
  }

  #removed(socket: NetlinkSocket): void {
    const { now, log } = this.#setup
    this.#counts.removals += 1
    this.#removals += 1
    this.#removedAtMs = now()
    const fields = { interface: this.link.name, how: this.#attachment?.how }
    if (this.#removals === 1) {
      log.warn(fields, 'somebody removed the program from the interface: it is put back')
      this.tryToAttach(socket)
      return
    }
    const pauseMs = this.#afterRemoval.next()
    this.#dueMs = now() + pauseMs
    const story = `somebody removed the program, ${this.#removals} times by now`
    this.#problem = `${story}: it is put back after a pause of ${pauseMs / 1000} s`
    if (this.#removals > 2) return
    log.warn(
      fields,
      'somebody removes the program from the interface again and again: it is put back, after growing pauses',
    )
  }
}
