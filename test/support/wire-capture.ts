import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { TestNamespace } from './namespace.ts'

/** The beginning of a pcap file and of each packet in it (libpcap, pcap-savefile(5)); nothing is cut to less. */
const FILE_HEADER_BYTES = 24
const PACKET_HEADER_BYTES = 16
const CAPTURED_BYTES_OFFSET = 8
const POLL_MS = 50
const PATIENCE_MS = 30_000
const EVERYTHING_BYTES = 262_144

/**
 * What arrives at an interface, by tcpdump: whole frames, with the VLAN tag that the kernel keeps beside them put back
 * where it was on the wire.
 */
export class WireCapture implements Disposable {
  readonly #folder = mkdtempSync(join(tmpdir(), 'tidemark-capture-'))
  readonly file = join(this.#folder, 'wire.pcap')
  readonly #tcpdump

  private constructor(namespace: TestNamespace, { filter, snapBytes }: CaptureChoice) {
    const words = ['-Z', 'root', '-n', '-i', 'eth0', '-Q', 'in', '-B', '65536', '-s', String(snapBytes)]
    // tcpdump's own user could not write here.
    this.#tcpdump = namespace.spawn('tcpdump', [...words, '-U', '--immediate-mode', '-w', this.file, filter])
  }

  /** Captures from the time when this resolves. */
  static async start(namespace: TestNamespace, choice: Partial<CaptureChoice> = {}): Promise<WireCapture> {
    const capture = new WireCapture(namespace, { filter: '', snapBytes: EVERYTHING_BYTES, ...choice })
    await once(capture.#tcpdump.stderr!, 'data')
    return capture
  }

  /** Ends the capture when so many frames are in the file. Says how many packets it missed. */
  async stopAt(frames: number): Promise<{ missed: number }> {
    const giveUpMs = performance.now() + PATIENCE_MS
    while (this.frames().length < frames) {
      if (performance.now() > giveUpMs) throw new Error(`only ${this.frames().length} of ${frames} frames are there`)
      await delay(POLL_MS)
    }
    let said = ''
    this.#tcpdump.stderr?.setEncoding('utf8').on('data', (text: string) => {
      said += text
    })
    this.#tcpdump.kill('SIGINT')
    await once(this.#tcpdump, 'close')
    return { missed: Number(/(\d+) packets? dropped by kernel/.exec(said)?.[1]) }
  }

  /** The frames so far. */
  frames(): Buffer[] {
    const bytes = readFileSync(this.file)
    const frames: Buffer[] = []
    for (let at = FILE_HEADER_BYTES; at + PACKET_HEADER_BYTES <= bytes.length; ) {
      const end = at + PACKET_HEADER_BYTES + bytes.readUInt32LE(at + CAPTURED_BYTES_OFFSET)
      if (end > bytes.length) break
      frames.push(bytes.subarray(at + PACKET_HEADER_BYTES, end))
      at = end
    }
    return frames
  }

  [Symbol.dispose](): void {
    this.#tcpdump.kill('SIGKILL')
    rmSync(this.#folder, { recursive: true, force: true })
  }
}

export interface CaptureChoice {
  /** pcap-filter(7) */
  filter: string
  /** How much of each frame is kept. */
  snapBytes: number
}
