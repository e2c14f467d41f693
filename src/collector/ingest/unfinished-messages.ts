/** What messages may hold in all before their last part came; a router's have some tens of KB, mostly in one part. */
export const MAX_UNFINISHED_BYTES = 32 * 1024 * 1024
/** What a part costs beside its bytes. */
const PART_BYTES = 128

/**
 * What messages hold whose last part has not come, over all links of a connection: AMQP lets a message have any number
 * of transfers, and the library keeps them all until the last.
 */
export class UnfinishedMessages {
  readonly #byHandle = new Map<number, number>()
  #bytes = 0

  get bytes(): number {
    return this.#bytes
  }

  /**
   * Notes one transfer of a message.
   *
   * @param handle the link's number on the connection
   * @param isLast no more of the message follows
   * @throws RangeError when there is more than any router sends
   */
  add(handle: number, length: number, isLast: boolean): void {
    if (isLast) {
      this.forget(handle)
      return
    }
    const part = length + PART_BYTES
    this.#byHandle.set(handle, (this.#byHandle.get(handle) ?? 0) + part)
    this.#bytes += part
    if (this.#bytes > MAX_UNFINISHED_BYTES) throw new RangeError(`messages of ${this.#bytes} bytes that do not end`)
  }

  /** The link is gone, and what it began with it. */
  forget(handle: number): void {
    const bytes = this.#byHandle.get(handle)
    if (bytes === undefined) return
    this.#byHandle.delete(handle)
    this.#bytes -= bytes
  }
}
