import { checked, ERRNO, lastErrno, libc } from '../libc.ts'
import { type Watch, watchReadable } from '../poll.ts'
import { setReceiveBuffer } from '../receive-buffer.ts'
import { AF, MSG, SOCK, SOL } from '../socket-constants.ts'

const ETH_P_IPV6 = 0x86dd
const PACKET_STATISTICS = 6

/** A turn of the event loop reads at most this many frames, so that other work comes in between. */
const FRAMES_PER_TURN = 2000

export interface CaptureOptions {
  interfaceIndex: number
  /** How much of each frame is copied; 256 holds every header. */
  snapBytes?: number
  /** What the kernel may hold until it is read, before it drops. */
  receiveBufferBytes?: number
}

export interface CaptureStatistics {
  /** Frames handed to the reader. */
  captured: number
  /** Frames that the kernel dropped because the reader was too slow. */
  dropped: number
}

/**
 * Receives every IPv6 frame that arrives on an interface (packet(7)). It needs CAP_NET_RAW, and sees frames as they are
 * after the sender's traffic control: what a wire would carry.
 */
export class PacketCapture {
  readonly #options: Required<CaptureOptions>
  readonly #onFrame: (bytes: Buffer, wireBytes: number) => void
  #fd: number | undefined
  #watch: Watch | undefined
  #captured = 0

  /** @param onFrame gets the frame's beginning (valid during the call only) and its whole length */
  constructor(options: CaptureOptions, onFrame: (bytes: Buffer, wireBytes: number) => void) {
    this.#options = { snapBytes: 256, receiveBufferBytes: 64 * 1024 * 1024, ...options }
    this.#onFrame = onFrame
  }

  /** @throws TidemarkError PERMISSION_DENIED, SYSTEM_CALL_FAILED */
  start(): void {
    // Protocol 0 receives nothing until the socket is bound to its interface.
    const fd = checked('opening of a packet socket', libc().socket(AF.PACKET, SOCK.RAW | SOCK.CLOEXEC, 0))
    this.#fd = fd
    const { receiveBufferBytes, interfaceIndex } = this.#options
    setReceiveBuffer(fd, receiveBufferBytes)
    const address = linkLayerAddress(interfaceIndex)
    checked(`binding of a packet socket to interface ${interfaceIndex}`, libc().bind(fd, address, address.length))
    this.#watch = watchReadable(fd, () => this.#read(FRAMES_PER_TURN))
  }

  /** Reads what is left, closes, and says what was captured and what was lost. Idempotent. */
  stop(): CaptureStatistics {
    if (this.#fd === undefined) return { captured: this.#captured, dropped: 0 }
    this.#watch?.close()
    this.#read(Number.POSITIVE_INFINITY)
    const counts = Buffer.alloc(8)
    const length = Buffer.from(new Uint32Array([counts.length]).buffer)
    const result = libc().getsockopt(this.#fd, SOL.PACKET, PACKET_STATISTICS, counts, length)
    checked('counting of captured packets', result)
    checked('closing of a packet socket', libc().close(this.#fd))
    this.#fd = undefined
    return { captured: this.#captured, dropped: counts.readUInt32LE(4) }
  }

  #read(atMost: number): void {
    if (this.#fd === undefined) return
    const buffer = Buffer.alloc(this.#options.snapBytes)
    for (let count = 0; count < atMost; count += 1) {
      const length = libc().recv(this.#fd, buffer, buffer.length, MSG.DONTWAIT | MSG.TRUNC)
      if (length < 0) {
        const errno = lastErrno()
        if (errno === ERRNO.EAGAIN) return
        if (errno !== ERRNO.EINTR) checked('reading of a packet socket', length)
        continue
      }
      this.#captured += 1
      this.#onFrame(buffer.subarray(0, Math.min(length, buffer.length)), length)
    }
  }
}

/** `struct sockaddr_ll` (linux/if_packet.h). */
function linkLayerAddress(interfaceIndex: number): Buffer {
  const address = Buffer.alloc(20)
  address.writeUInt16LE(AF.PACKET, 0)
  address.writeUInt16BE(ETH_P_IPV6, 2)
  address.writeInt32LE(interfaceIndex, 4)
  return address
}
