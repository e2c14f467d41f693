import { checked, ERRNO, lastErrno, libc } from '../libc.ts'
import { type Watch, watchReadable } from '../poll.ts'
import { setReceiveBuffer } from '../receive-buffer.ts'
import { AF, SOL } from '../socket-constants.ts'
import { DatagramBatch } from './datagram-batch.ts'
import { decodeMessages, type NetlinkMessage } from './message.ts'
import { openNetlink } from './open.ts'

const SO_MEMINFO = 55
const NETLINK_ADD_MEMBERSHIP = 1

/** `SO_MEMINFO` is nine u32; the last counts what the kernel dropped (SK_MEMINFO_DROPS, linux/sock_diag.h). */
const MEMINFO = { length: 36, drops: 32 } as const

/** One system call receives this many messages. */
const BATCH = 64

/** A turn of the event loop reads at most this many batches, so that other work comes in between. */
const BATCHES_PER_TURN = 32

export interface NetlinkListenerSetup {
  /** For errors, as in `deaths of sockets`. */
  name: string
  family: number
  /** Numbers of the groups, 1 to 32. */
  groups: readonly number[]
  /** Room for one message; what is longer is cut and hence left out. */
  messageBytes: number
  /** What the kernel may hold until it is read, before it drops. */
  receiveBufferBytes: number
  /** How long the first message of a run may wait, so that a run costs few turns. */
  restMs: number
  /** Is told each message; its payload is valid during the call only. */
  onMessage: (message: NetlinkMessage) => void
  /** Is told how many messages were dropped because they came faster than they were read; 0 when that is not known. */
  onMissed: (count: number) => void
}

/** Hears what the kernel tells to everybody who listens in a netlink group. It costs no thread. */
export class NetlinkListener {
  readonly #setup: NetlinkListenerSetup
  readonly #fd: number
  readonly #batch: DatagramBatch
  readonly #watch: Watch
  #missed = 0
  #overrun = false
  #open = true

  /**
   * Opens a listener in the current network namespace.
   *
   * @throws TidemarkError PERMISSION_DENIED, SYSTEM_CALL_FAILED, PLATFORM_UNSUPPORTED
   */
  static open(setup: NetlinkListenerSetup): NetlinkListener {
    const { name, family, groups, receiveBufferBytes } = setup
    const fd = openNetlink(family)
    try {
      setReceiveBuffer(fd, receiveBufferBytes)
      const address = groupAddress(groups)
      checked(`listening for ${name}`, libc().bind(fd, address, address.length))
      return new NetlinkListener(setup, fd)
    } catch (error) {
      libc().close(fd)
      throw error
    }
  }

  private constructor(setup: NetlinkListenerSetup, fd: number) {
    this.#setup = setup
    this.#fd = fd
    this.#batch = new DatagramBatch(BATCH, setup.messageBytes)
    this.#watch = watchReadable(fd, () => this.#read(), setup.restMs)
  }

  /**
   * Hears another group too. Idempotent.
   *
   * @throws TidemarkError PERMISSION_DENIED, SYSTEM_CALL_FAILED
   */
  join(group: number): void {
    const value = Buffer.from(new Uint32Array([group]).buffer)
    const result = libc().setsockopt(this.#fd, SOL.NETLINK, NETLINK_ADD_MEMBERSHIP, value, value.length)
    checked(`listening for ${this.#setup.name}`, result)
  }

  /** Tells nothing more. Idempotent. */
  close(): void {
    if (!this.#open) return
    this.#open = false
    this.#watch.close()
    checked('closing of a netlink socket', libc().close(this.#fd))
  }

  #read(): void {
    for (let turn = 0; turn < BATCHES_PER_TURN && this.#open; turn += 1) {
      const count = this.#batch.receive(this.#fd)
      if (count < 0 && !this.#mayContinue(count)) return
      for (let slot = 0; slot < count; slot += 1) {
        for (const message of decodeMessages(this.#batch.at(slot))) {
          if (this.#open) this.#setup.onMessage(message)
        }
      }
    }
  }

  /** Whether to read on after a failure. */
  #mayContinue(result: number): boolean {
    const errno = lastErrno()
    if (errno === ERRNO.EINTR) return true
    if (errno === ERRNO.ENOBUFS) {
      this.#overrun = true
      return true
    }
    if (errno !== ERRNO.EAGAIN) checked(`listening for ${this.#setup.name}`, result)
    // The kernel says ENOBUFS once, then drops silently until everything is read: so only now it is known how many.
    if (this.#overrun) this.#tellMissed()
    return false
  }

  #tellMissed(): void {
    this.#overrun = false
    const meminfo = Buffer.alloc(MEMINFO.length)
    const length = Buffer.from(new Uint32Array([meminfo.length]).buffer)
    libc().getsockopt(this.#fd, SOL.SOCKET, SO_MEMINFO, meminfo, length)
    const dropped = meminfo.readUInt32LE(MEMINFO.drops)
    this.#setup.onMissed(Math.max(0, dropped - this.#missed))
    this.#missed = dropped
  }
}

/** `struct sockaddr_nl` (linux/netlink.h) with a mask of groups; the kernel chooses the port. */
function groupAddress(groups: readonly number[]): Buffer {
  const address = Buffer.alloc(12)
  address.writeUInt16LE(AF.NETLINK, 0)
  for (const group of groups) address.writeUInt32LE((address.readUInt32LE(8) | (1 << (group - 1))) >>> 0, 8)
  return address
}
