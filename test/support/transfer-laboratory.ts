import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { expect } from 'vitest'
import type { PacketCounts } from '../../src/flowd/backends/marker/layout.ts'
import type { MarkingStrategy } from '../../src/flowd/backends/marker/strategy.ts'
import { decodeIpv6Frame, ETHERNET_HEADER_BYTES } from '../../src/linux/index.ts'
import { tupleOf } from './five-tuple.ts'
import { NEXT_HEADER } from './frames.ts'
import { MarkerInNamespace, pairIsUp } from './marker-in-namespace.ts'
import { Laboratory, type TestNamespace } from './namespace.ts'
import { insertedHeaders } from './tagged-frame.ts'
import { WireCapture } from './wire-capture.ts'

const LABEL = 0x30038
const PORT = 5201
const SOURCE_PORT = 40_001
const NEXT = '2001:db8:1::2'
const BEYOND_ROUTER = '2001:db8:2::2'
/** A transfer that stalls ends as a failure. */
const PATIENCE_S = '60'
/** Without IPv6 BIG TCP. */
const LARGEST_FRAME_BYTES = 14 + 40 + 65_535
/** Where the headers that a strategy inserts begin, and where the field of the payload's length stands. */
const INSERTED_OFFSET = 14 + 40
const PAYLOAD_LENGTH_OFFSET = 14 + 4

/** How the two ends are joined. */
export interface Cable {
  mtu: number
  /**
   * Who cuts packets up and fills in checksums: the device, so that what travels is long and has none; the kernel
   * behind the program; or nobody, since TCP hands over single segments.
   */
  offloads: 'on' | 'software' | 'off'
  /** How many bytes of each full-sized packet the sender leaves free. */
  roomBytes: number
  gsoMaxBytes?: number
  /** How much of each frame is captured. */
  snapBytes?: number
  /** Beyond the cable, behind a router; where it is left out there is none. */
  beyond?: {
    mtu: number
    /** What the receiver believes to be able to take, which decides on the longest segment. */
    receiverMtu: number
  }
}

/** What one transfer was like. */
export interface MarkedTransfer {
  /** How many packets the program counted, by what became of them. */
  packets: (name: keyof PacketCounts) => number
  /** What arrived. */
  seen: ReturnType<typeof classify>
  /** Of the packets of the declared flow, how long each is from its IPv6 header on, and whether it is tagged. */
  lengths: readonly { bytes: number; tagged: boolean }[]
  /** What tshark objects to; empty when all is well. */
  complaints: string
  /** Whether packets were cut up behind the program, which has counted less than arrived then. */
  cut: boolean
}

/**
 * Real transfers over a cable, or a cable and a router: what comes out of the sender's cable is captured, judged by
 * tshark, and to be compared with what the program counted.
 */
export class TransferLaboratory {
  readonly #laboratory = new Laboratory()
  readonly #left: TestNamespace
  /** What is at the other end of the sender's cable. */
  readonly #next: TestNamespace
  readonly #right: TestNamespace
  readonly #receiver: string
  /** Whether packets leave in the order of their sequence numbers. */
  readonly #ordered: boolean

  /** @param otherWayBack what comes back from the router comes in on `eth1`, which is not marked on */
  constructor({ router = false, otherWayBack = false } = {}) {
    const { left, next, right } = router ? this.#laboratory.routed() : withoutRouter(this.#laboratory)
    if (otherWayBack) {
      const end = (namespace: TestNamespace, interfaceName: string, host: number) => ({
        namespace,
        interfaceName,
        addresses: [`2001:db8:3::${host}/64`],
      })
      this.#laboratory.connect(end(left, 'eth1', 1), end(next, 'eth2', 2))
      next.exec('ip', '-6', 'route', 'add', '2001:db8:1::1/128', 'via', '2001:db8:3::1')
    }
    this.#left = left
    this.#next = next
    this.#right = right
    this.#receiver = router ? BEYOND_ROUTER : NEXT
    // A transfer stands still there until TCP's timer sends again, on the processor that happens to be awake; what the
    // program sends meanwhile on its own overtakes. That none is missing, the counts tell.
    this.#ordered = !otherWayBack
  }

  ready(): Promise<void> {
    return pairIsUp(this.#left, this.#next, this.#right)
  }

  close(): Promise<void> {
    return this.#laboratory.close()
  }

  /** Marks a transfer of so many bytes (`6M`) by iperf3. */
  async transfer(strategy: MarkingStrategy, cable: Cable, bytes: string): Promise<MarkedTransfer> {
    this.#configure(cable)
    const { offloads, mtu, snapBytes = offloads === 'on' ? LARGEST_FRAME_BYTES : mtu + 14 } = cable
    const marker = await MarkerInNamespace.start(this.#left, { markingStrategy: strategy })
    const source = { source: '2001:db8:1::1', sourcePort: SOURCE_PORT }
    marker.mark(tupleOf({ ...source, destination: this.#receiver, destinationPort: PORT }), LABEL)
    using wire = await WireCapture.start(this.#next, { snapBytes })
    const before = this.#quietCounts(marker)
    await this.#send(bytes)
    const after = this.#quietCounts(marker)
    const { missed } = await wire.stopAt(after.sent - before.sent)
    await marker.stop()
    if (missed > 0) throw new Error(`the capture missed ${missed} packets`)
    const packets = (name: keyof PacketCounts) => after.counts[name] - before.counts[name]
    if (offloads !== 'software' && packets('seen') !== after.sent - before.sent) {
      throw new Error(`${packets('seen')} packets counted, ${after.sent - before.sent} sent`)
    }
    const checksums = offloads !== 'on'
    return {
      packets,
      seen: classify(strategy, wire.frames()),
      lengths: lengths(strategy, wire.frames()),
      complaints: complaints(wire.file, { checksums, ordered: this.#ordered }),
      cut: offloads === 'software',
    }
  }

  #configure({ mtu, offloads, roomBytes, gsoMaxBytes = 65_536, beyond }: Cable): void {
    for (const end of [this.#left, this.#next]) {
      end.exec('ip', 'link', 'set', 'eth0', 'mtu', String(mtu), 'gso_max_size', String(gsoMaxBytes))
      const features = ['tso', 'gso', 'tx'].flatMap(name => [name, offloads === 'on' ? 'on' : 'off'])
      // The receiver joins nothing: what it captures is what was sent.
      end.exec('ethtool', '-K', 'eth0', ...features, 'gro', 'off')
      end.exec('ip', 'link', 'set', 'eth0', 'gso_max_segs', offloads === 'off' ? '1' : '65535')
    }
    if (beyond !== undefined) {
      this.#next.exec('ip', 'link', 'set', 'eth1', 'mtu', String(beyond.mtu))
      this.#right.exec('ip', 'link', 'set', 'eth0', 'mtu', String(beyond.receiverMtu))
    }
    const via = beyond === undefined ? [] : ['via', NEXT]
    // What was learned about the path goes with the route before.
    const route = [`${this.#receiver}/128`, ...via, 'dev', 'eth0', 'mtu', String(mtu - roomBytes)]
    this.#left.exec('ip', '-6', 'route', 'replace', ...route)
    this.#left.exec('ip', '-6', 'tcp_metrics', 'flush')
  }

  /** The program's counters and the device's, at a moment when nothing is sent between. */
  #quietCounts(marker: MarkerInNamespace): { counts: PacketCounts; sent: number } {
    const sentPackets = () => Number(this.#left.exec('cat', '/sys/class/net/eth0/statistics/tx_packets'))
    for (;;) {
      const sent = sentPackets()
      const counts = marker.marker.packets
      if (sentPackets() === sent) return { counts, sent }
    }
  }

  /** A transfer from SOURCE_PORT; iperf3's own control connection comes from another port and is not declared. */
  async #send(bytes: string): Promise<void> {
    // On one processor, so that nothing overtakes.
    const server = this.#right.spawn('taskset', ['-c', '0', 'iperf3', '-s', '-1', '-p', String(PORT), '--forceflush'])
    await once(server.stdout!, 'data')
    // A small window, so that the receiver's queue never overflows.
    const words = [
      '-6',
      '-c',
      this.#receiver,
      '-p',
      String(PORT),
      '--cport',
      String(SOURCE_PORT),
      '-n',
      bytes,
      '-w',
      '200K',
    ]
    const ended = once(server, 'exit')
    // Not waited for in place: the marker has work to do meanwhile.
    const client = this.#left.spawn('timeout', [PATIENCE_S, 'taskset', '-c', '0', 'iperf3', ...words])
    const [code] = (await once(client, 'exit')) as [number | null]
    if (code !== 0) server.kill()
    await ended
    if (code !== 0) throw new Error(`the transfer failed (${code}): iperf3 ${words.join(' ')}`)
  }
}

function withoutRouter(laboratory: Laboratory) {
  const { left, right } = laboratory.pair()
  return { left, next: right, right }
}

/** Frames that tshark objects to: malformed, with a wrong checksum, or, where they come in order, after a gap. */
export function complaints(
  file: string,
  { checksums, ordered = true }: { checksums: boolean; ordered?: boolean },
): string {
  const wrong = ['_ws.malformed', '_ws.expert.severity == error']
  if (ordered) wrong.push('tcp.analysis.lost_segment')
  if (checksums) wrong.push('tcp.checksum.status == Bad', 'udp.checksum.status == Bad')
  // Where a checksum comes to 0 the kernel writes 0xffff, also for TCP (skb_checksum_help); a receiver takes both.
  const filter = `(${wrong.join(' || ')}) && !tcp.checksum.ffff`
  const preferences = ['tcp', 'udp'].flatMap(name => ['-o', `${name}.check_checksum:${checksums ? 'TRUE' : 'FALSE'}`])
  // The payload is random: no guessing at what it might be.
  const words = ['-n', '-r', file, '-d', `tcp.port==${PORT},data`, ...preferences, '-Y', filter]
  return execFileSync('tshark', words, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
}

/** How a strategy's mark looks on a TCP frame. */
function tagCheck(strategy: MarkingStrategy): (frame: Buffer) => boolean {
  if (strategy === 'label') return frame => (frame.readUInt32BE(14) & 0xfffff) === LABEL
  const inserted = insertedHeaders(strategy, NEXT_HEADER.tcp)
  return frame => frame.subarray(INSERTED_OFFSET, INSERTED_OFFSET + inserted.length).equals(inserted)
}

/** How the packets of the declared flow came, and those of others. */
function classify(strategy: MarkingStrategy, frames: readonly Buffer[]) {
  const isTagged = tagCheck(strategy)
  const seen = { tagged: 0, untagged: 0, jumbo: 0, taggedData: 0, data: 0, other: 0, otherTagged: 0 }
  for (const frame of frames) {
    const packet = decodeIpv6Frame(frame, frame.length)
    if (packet === undefined) continue
    const tagged = isTagged(frame)
    if (packet.sourcePort !== SOURCE_PORT) {
      seen.other += 1
      if (tagged) seen.otherTagged += 1
      continue
    }
    seen[tagged ? 'tagged' : 'untagged'] += 1
    if (frame.readUInt16BE(PAYLOAD_LENGTH_OFFSET) === 0) seen.jumbo += 1
    if (packet.payloadBytes === 0) continue
    seen.data += 1
    if (tagged) seen.taggedData += 1
  }
  return seen
}

function lengths(strategy: MarkingStrategy, frames: readonly Buffer[]): { bytes: number; tagged: boolean }[] {
  const isTagged = tagCheck(strategy)
  return frames
    .filter(frame => decodeIpv6Frame(frame, frame.length)?.sourcePort === SOURCE_PORT)
    .map(frame => ({ bytes: frame.length - ETHERNET_HEADER_BYTES, tagged: isTagged(frame) }))
}

/** All arrived, well formed; of the packets with data nearly all are tagged; and everything is counted. */
export function expectAllTagged({ packets, seen, complaints, cut }: MarkedTransfer): void {
  expect(complaints).toBe('')
  expect(seen.data).toBeGreaterThan(30)
  expect(seen.taggedData / seen.data).toBeGreaterThanOrEqual(0.99)
  expect(seen.otherTagged).toBe(0)
  if (cut) return
  expect({ marked: packets('marked'), others: packets('no_flow') }).toEqual({
    marked: seen.tagged,
    others: seen.other,
  })
  expect(packets('mtu') + packets('jumbo') + packets('room_failed') + packets('store_failed')).toBe(seen.untagged)
}

/** All arrived, well formed; what is untagged was too long. */
export function expectFullPacketsUntouched({ packets, seen, complaints, cut }: MarkedTransfer): void {
  expect(complaints).toBe('')
  expect(seen.untagged).toBeGreaterThan(20)
  expect(packets('mtu')).toBeGreaterThan(0)
  if (cut) return
  expect({ marked: packets('marked'), mtu: packets('mtu') }).toEqual({ marked: seen.tagged, mtu: seen.untagged })
}
