import { type BpfProgram, type Filter, findBpfFilter, type Link, type NetlinkSocket } from '../../../linux/index.ts'
import type { Attachment } from './attachment.ts'
import { attachClsactFilter, madeQdisc, removeClsactFilter, removeUnusedQdisc } from './clsact-filter.ts'

/** The program as a filter on a clsact qdisc, which may be ours as well and then goes with it. */
export class ClsactAttachment implements Attachment {
  readonly how = 'clsact'
  readonly #link: Link
  readonly #program: BpfProgram
  readonly #removeQdisc: boolean
  #filter: Filter
  #ownsQdisc: boolean

  /** @throws TidemarkError ATTACH_REFUSED, PERMISSION_DENIED */
  static attach(socket: NetlinkSocket, link: Link, program: BpfProgram, removeQdisc: boolean): ClsactAttachment {
    return new ClsactAttachment(attachClsactFilter(socket, link, program), link, program, removeQdisc)
  }

  private constructor(filter: Filter, link: Link, program: BpfProgram, removeQdisc: boolean) {
    this.#link = link
    this.#program = program
    this.#removeQdisc = removeQdisc
    this.#filter = filter
    this.#ownsQdisc = madeQdisc(filter)
  }

  isInPlace(socket: NetlinkSocket): boolean {
    return findBpfFilter(socket, this.#filter)?.bpfId === this.#filter.bpfId
  }

  disownQdisc(): void {
    this.#ownsQdisc = false
  }

  putBack(socket: NetlinkSocket): void {
    try {
      this.#filter = attachClsactFilter(socket, this.#link, this.#program, this.#ownsQdisc)
      this.#ownsQdisc = madeQdisc(this.#filter)
    } catch (error) {
      // What was made for the attempt was removed with it.
      this.#ownsQdisc = false
      throw error
    }
  }

  detach(socket: NetlinkSocket): void {
    const options = { removeQdisc: this.#removeQdisc }
    const { filters } = removeClsactFilter(socket, this.#filter, options)
    // Somebody removed the filter, and left the qdisc that was made for it.
    if (filters === 0 && this.#ownsQdisc && this.#removeQdisc) removeUnusedQdisc(socket, this.#link)
    this.#ownsQdisc = false
  }
}
