import { TidemarkError } from '../../common/index.ts'
import { checked, describeErrno, ERRNO, lastErrno, libc } from '../libc.ts'
import { SOL } from '../socket-constants.ts'
import { CONTROL, decodeError, decodeMessages, encodeMessage, FLAG, type NetlinkMessage } from './message.ts'
import { openNetlink, setOption } from './open.ts'

const SO_RCVTIMEO = 20
/** linux/netlink.h */
const NETLINK_GET_STRICT_CHK = 12

/** Netlink families (linux/netlink.h). */
export const NETLINK = { ROUTE: 0, SOCK_DIAG: 4 } as const

/** A datagram of a dump is at most 32 KiB (the kernel's own bound); twice that leaves room for newer kernels. */
const RECEIVE_BYTES = 65_536

/** What to ask of the kernel; `name` says it in an error. */
export interface NetlinkRequest {
  name: string
  type: number
  flags?: number
  payload: Buffer
}

/**
 * A netlink socket for questions and their answers. Calls are synchronous: the kernel works on a request within
 * `send`, and on the next part of a dump within `recv`, so the answer is there when the call returns.
 * The socket stays in the network namespace that it was opened in.
 */
export class NetlinkSocket {
  readonly #fd: number
  readonly #buffer = Buffer.alloc(RECEIVE_BYTES)
  #sequence = 0
  #open = true

  /**
   * Opens a socket in the current network namespace.
   *
   * @param strict dumps are filtered by the kernel as the request's header says
   * @throws TidemarkError PERMISSION_DENIED, SYSTEM_CALL_FAILED, PLATFORM_UNSUPPORTED
   */
  static open(family: number, { strict = false } = {}): NetlinkSocket {
    const fd = openNetlink(family)
    if (strict) setOption(fd, SOL.NETLINK, NETLINK_GET_STRICT_CHK, [1])
    // Two seconds, 0 µs: an answer that does not come must not hold the process for ever.
    setOption(fd, SOL.SOCKET, SO_RCVTIMEO, [2, 0, 0, 0])
    return new NetlinkSocket(fd)
  }

  private constructor(fd: number) {
    this.#fd = fd
  }

  /**
   * Asks for one thing, or for a change, and returns the messages of the answer (none for a plain acknowledgement).
   *
   * @throws TidemarkError NETLINK_REFUSED with the kernel's explanation, PERMISSION_DENIED, SYSTEM_CALL_FAILED
   */
  request(request: NetlinkRequest): NetlinkMessage[] {
    return [...this.#exchange(request, FLAG.REQUEST | FLAG.ACK | (request.flags ?? 0))]
  }

  /**
   * Asks for one thing whose answer is one message: half the system calls of `request`, which also awaits an
   * acknowledgement.
   *
   * @throws TidemarkError NETLINK_REFUSED with the kernel's explanation, PERMISSION_DENIED, SYSTEM_CALL_FAILED
   */
  ask(request: NetlinkRequest): NetlinkMessage {
    const sequence = this.#send(request, FLAG.REQUEST)
    for (;;) {
      const message = decodeMessages(this.#receive(request.name)).find(answer => answer.sequence === sequence)
      if (message === undefined) continue
      if (message.type === CONTROL.ERROR) refuse(request.name, message)
      return message
    }
  }

  /** Asks for a whole table, message by message; the answer must be read to its end before the next request. */
  dump(request: NetlinkRequest): Generator<NetlinkMessage, void, void> {
    return this.#exchange(request, FLAG.REQUEST | FLAG.DUMP | (request.flags ?? 0))
  }

  close(): void {
    if (!this.#open) return
    this.#open = false
    checked('closing of a netlink socket', libc().close(this.#fd))
  }

  [Symbol.dispose](): void {
    this.close()
  }

  *#exchange(request: NetlinkRequest, flags: number): Generator<NetlinkMessage, void, void> {
    const sequence = this.#send(request, flags)
    for (;;) {
      for (const message of decodeMessages(this.#receive(request.name))) {
        // An older sequence is the rest of an answer whose reader left early.
        if (message.sequence !== sequence) continue
        if (message.type === CONTROL.NOOP) continue
        if (message.type === CONTROL.ERROR || message.type === CONTROL.DONE) {
          refuse(request.name, message)
          return
        }
        yield message
      }
    }
  }

  /** Sends a request and returns the number that its answers carry. */
  #send({ name, type, payload }: NetlinkRequest, flags: number): number {
    this.#sequence += 1
    const bytes = encodeMessage({ type, flags, sequence: this.#sequence, payload })
    const sent = libc().send(this.#fd, bytes, bytes.length, 0)
    if (sent < 0) checked(`sending of the ${name}`, sent)
    return this.#sequence
  }

  /** One datagram, copied out of the receive buffer so that messages outlive the next one. */
  #receive(name: string): Buffer {
    for (;;) {
      const length = libc().recv(this.#fd, this.#buffer, this.#buffer.length, 0)
      if (length >= 0) return Buffer.from(this.#buffer.subarray(0, length))
      if (lastErrno() !== ERRNO.EINTR) checked(`answer to the ${name}`, length)
    }
  }
}

/**
 * Throws when an ERROR or DONE message carries an errno; both begin with it.
 *
 * @param request names what was asked for
 */
export function refuse(request: string, message: NetlinkMessage): void {
  const { errno, explanation } = decodeError(message)
  if (errno === 0) return
  const reason = explanation === '' ? describeErrno(errno) : `${describeErrno(errno)} (${explanation})`
  if (errno === ERRNO.EPERM || errno === ERRNO.EACCES) {
    throw new TidemarkError('PERMISSION_DENIED', { call: request, reason })
  }
  throw new TidemarkError('NETLINK_REFUSED', { request, reason, errno })
}
