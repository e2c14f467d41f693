/** A protocol header (AMQP 1.0 part 2, section 2.2): `AMQP`, protocol id, version. */
const HEADER_LENGTH = 8
const HEADER_START = 0x414d5150
const SIZE_LENGTH = 4

/** The longest frame that we take, and that our open frame allows the router; its own limit is 16 KB. */
export const MAX_FRAME_LENGTH = 1024 * 1024

/**
 * Cuts what a socket brings at the ends of frames. rhea copies every chunk of the stream once more when a frame goes
 * beyond its end, which nearly always one does; so only such a frame is put together here, and all others stay in
 * the chunk that brought them.
 */
export class FrameAligner {
  /** The beginning of a frame whose end did not come yet. */
  #begun: Buffer[] = []
  #begunLength = 0
  /** The length of that frame, once its first four bytes came. */
  #wanted = 0

  /**
   * Takes a chunk, and returns pieces that hold whole frames, in order.
   *
   * @throws RangeError when a frame is longer than allowed: what is read is no AMQP
   */
  take(chunk: Buffer): Buffer[] {
    const pieces: Buffer[] = []
    const at = this.#begunLength === 0 ? 0 : this.#continue(chunk, pieces)
    if (this.#begunLength > 0) return pieces
    const end = endOfWholeFrames(chunk, at)
    if (end > at) pieces.push(at === 0 && end === chunk.length ? chunk : chunk.subarray(at, end))
    if (end < chunk.length) this.#begin(chunk.subarray(end))
    return pieces
  }

  #begin(bytes: Buffer): void {
    this.#begun = [bytes]
    this.#begunLength = bytes.length
    this.#wanted = bytes.length < SIZE_LENGTH ? 0 : lengthAt(bytes, 0)
  }

  /** Adds to the frame that was begun as much of the chunk as belongs to it, and returns where the rest starts. */
  #continue(chunk: Buffer, pieces: Buffer[]): number {
    let at = 0
    if (this.#wanted === 0) {
      at = Math.min(SIZE_LENGTH - this.#begunLength, chunk.length)
      this.#begin(Buffer.concat([...this.#begun, chunk.subarray(0, at)]))
      if (this.#wanted === 0) return at
    }
    const end = Math.min(at + this.#wanted - this.#begunLength, chunk.length)
    this.#begun.push(chunk.subarray(at, end))
    this.#begunLength += end - at
    if (this.#begunLength < this.#wanted) return end
    pieces.push(Buffer.concat(this.#begun, this.#begunLength))
    this.#begun = []
    this.#begunLength = 0
    return end
  }
}

function endOfWholeFrames(chunk: Buffer, start: number): number {
  let end = start
  while (end + SIZE_LENGTH <= chunk.length) {
    const next = end + lengthAt(chunk, end)
    if (next > chunk.length) break
    end = next
  }
  return end
}

/** How long the header or frame is that begins here. A length too short to be one is left to rhea to refuse. */
function lengthAt(bytes: Buffer, at: number): number {
  const size = bytes.readUInt32BE(at)
  if (size === HEADER_START) return HEADER_LENGTH
  if (size > MAX_FRAME_LENGTH) throw new RangeError(describeStranger(bytes.subarray(at, at + SIZE_LENGTH), size))
  return Math.max(size, SIZE_LENGTH)
}

/** First bytes of a TLS record: an alert or a handshake, then the major version. RFC 8446, section 5.1. */
const TLS_ALERT = 0x15
const TLS_HANDSHAKE = 0x16
const TLS_MAJOR_VERSION = 3

/** What the first bytes of something that is no frame say about who speaks there. */
function describeStranger(start: Buffer, size: number): string {
  if ((start[0] === TLS_ALERT || start[0] === TLS_HANDSHAKE) && start[1] === TLS_MAJOR_VERSION) {
    return 'it answers in TLS, which amqps:// speaks'
  }
  const text = start.toString('latin1')
  return /^[ -~]+$/.test(text) ? `it says '${text}…'` : `a frame of ${size} bytes is longer than any`
}
