import { TidemarkError } from '../../common/index.ts'
import { checked, describeErrno, ERRNO, lastErrno, libc } from '../libc.ts'
import { setReceiveBuffer } from '../receive-buffer.ts'
import { DatagramBatch } from './datagram-batch.ts'
import { FLAG, HEADER_LENGTH } from './message.ts'
import { openNetlink } from './open.ts'

/** Where an answer lies; the bytes are valid during the call only. */
export type OnAnswer = (index: number, type: number, bytes: Buffer, start: number, end: number) => void

export interface BatchSocketSetup {
  family: number
  /** How many questions one batch may hold. */
  capacity: number
  /** Length of a question without its header; the same for all, and a multiple of 4. */
  questionBytes: number
  /** Room for one answer; what is longer is cut. */
  answerBytes: number
}

/**
 * A netlink socket for many small questions at once, each with one answer: they go out in one datagram and their
 * answers come in by one system call, which halves the cost of asking one by one. Nothing is allocated on the way.
 */
export class BatchSocket {
  readonly #fd: number
  readonly #capacity: number
  readonly #stride: number
  readonly #requests: Buffer
  readonly #answers: DatagramBatch
  /** The sequence number of a batch's first question; those of the batch follow. */
  #base = 0
  #open = true

  /**
   * Opens a socket in the current network namespace.
   *
   * @throws TidemarkError PERMISSION_DENIED, SYSTEM_CALL_FAILED, PLATFORM_UNSUPPORTED
   */
  static open(setup: BatchSocketSetup): BatchSocket {
    const fd = openNetlink(setup.family)
    try {
      // An answer occupies twice its length and more.
      setReceiveBuffer(fd, setup.capacity * setup.answerBytes * 2)
    } catch (error) {
      libc().close(fd)
      throw error
    }
    return new BatchSocket(fd, setup)
  }

  private constructor(fd: number, { capacity, questionBytes, answerBytes }: BatchSocketSetup) {
    this.#fd = fd
    this.#capacity = capacity
    this.#stride = HEADER_LENGTH + questionBytes
    this.#answers = new DatagramBatch(capacity, answerBytes)
    this.#requests = Buffer.alloc(capacity * this.#stride)
    for (let start = 0; start < this.#requests.length; start += this.#stride) {
      this.#requests.writeUInt32LE(this.#stride, start)
      this.#requests.writeUInt16LE(FLAG.REQUEST, start + 6)
    }
  }

  /**
   * Asks all at once, at most as many as fit a batch. Every question gets exactly one answer, in any order: that of its
   * family, or an ERROR message.
   *
   * @param name says in an error what is asked for
   * @throws TidemarkError SYSTEM_CALL_FAILED, also when an answer is lost
   */
  ask(name: string, type: number, questions: readonly Uint8Array[], onAnswer: OnAnswer): void {
    if (questions.length > this.#capacity) throw new RangeError(`${questions.length} questions in one batch`)
    if (questions.length === 0) return
    this.#base = (this.#base + this.#capacity) >>> 0
    for (const [index, question] of questions.entries()) {
      const start = index * this.#stride
      this.#requests.writeUInt16LE(type, start + 4)
      this.#requests.writeUInt32LE((this.#base + index) >>> 0, start + 8)
      this.#requests.set(question, start + HEADER_LENGTH)
    }
    const sent = libc().send(this.#fd, this.#requests, questions.length * this.#stride, 0)
    if (sent < 0) checked(`sending of the ${name}`, sent)
    this.#receive(name, questions.length, onAnswer)
  }

  close(): void {
    if (!this.#open) return
    this.#open = false
    checked('closing of a netlink socket', libc().close(this.#fd))
  }

  /** The kernel has answered within `send`, so all answers are there. */
  #receive(name: string, expected: number, onAnswer: OnAnswer): void {
    let answered = 0
    while (answered < expected) {
      const count = this.#answers.receive(this.#fd)
      if (count < 0) {
        const errno = lastErrno()
        if (errno === ERRNO.EINTR) continue
        throw new TidemarkError('SYSTEM_CALL_FAILED', { call: `answers to the ${name}`, reason: describeErrno(errno) })
      }
      for (let slot = 0; slot < count; slot += 1) if (this.#take(slot, expected, onAnswer)) answered += 1
    }
  }

  /** Whether a datagram is an answer to this batch; others are left over from one that failed. */
  #take(slot: number, expected: number, onAnswer: OnAnswer): boolean {
    const { bytes } = this.#answers
    const start = this.#answers.start(slot)
    const end = start + this.#answers.length(slot)
    if (end < start + HEADER_LENGTH) return false
    const index = (bytes.readUInt32LE(start + 8) - this.#base) >>> 0
    if (index >= expected) return false
    onAnswer(index, bytes.readUInt16LE(start + 4), bytes, start + HEADER_LENGTH, end)
    return true
  }
}
