import { type Filter, findBpfFilter, type NetlinkSocket } from '../../../linux/index.ts'
import type { Attachment } from './attachment.ts'
import {
  attachClsactFilter,
  type ClsactSetup,
  madeQdisc,
  removeClsactFilter,
  removeUnusedQdisc,
} from './clsact-filter.ts'

/** The program as a filter on a clsact qdisc, which may be ours as well and then goes with it. */
export class ClsactAttachment implements Attachment {
  readonly how = 'clsact'
  readonly #setup: ClsactSetup & { removeQdisc: boolean }
  #filter: Filter
  #ownsQdisc: boolean

  /** @throws TidemarkError ATTACH_REFUSED, PERMISSION_DENIED */
  static attach(socket: NetlinkSocket, setup: ClsactSetup & { removeQdisc: boolean }): ClsactAttachment {
    return new ClsactAttachment(attachClsactFilter(socket, setup), setup)
  }

  private constructor(filter: Filter, setup: ClsactSetup & { removeQdisc: boolean }) {
    this.#setup = setup
    this.#filter = filter
    this.#ownsQdisc = madeQdisc(filter)
  }

  isInPlace(socket: NetlinkSocket): boolean {
    return findBpfFilter(socket, this.#filter)?.bpfId === this.#filter.bpfId
  }

  disownQdisc(): void {
    this.#ownsQdisc = false
  }

  putBack(socket: NetlinkSocket): this {
    try {
      this.#filter = attachClsactFilter(socket, this.#setup, this.#ownsQdisc)
      this.#ownsQdisc = madeQdisc(this.#filter)
      return this
    } catch (error) {
      // What was made for the attempt was removed with it.
      this.#ownsQdisc = false
      throw error
    }
  }

  detach(socket: NetlinkSocket): void {
    const { link, removeQdisc } = this.#setup
    const { filters } = removeClsactFilter(socket, this.#filter, { removeQdisc })
    // Somebody removed the filter, and left the qdisc that was made for it.
    if (filters === 0 && this.#ownsQdisc && removeQdisc) removeUnusedQdisc(socket, link)
    this.#ownsQdisc = false
  }
}
