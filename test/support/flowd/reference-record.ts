import { INFO_BYTES, RECORD_BYTES } from '../../../src/flowd/enrichers/skops/layout.ts'
import type { TcpInfo } from '../../../src/linux/index.ts'

/** V79 of the reference: what flowd-go's program told of one socket, in its own layout of 368 bytes. */
export const REFERENCE_RECORD = Buffer.from(
  [
    '2909911600000000010000000707070000000000f818030000000000940500001802dc05a80000000000000000000000000000000000000000000000000000002005000000000000dc0500006c7c0000aa080000b600000048000000',
    '12010000940500000300000000000000c83700000000000000000000811e9e0c00000000ffffffffffffffff9ee7ca0800000000000000000000000032940100651c0000589215007b0000000000000030940100bc188a0600000000',
    'd8641300d0070000e80300000000000000000000000000008993010000000000bd90ce080000000000000000000000000000000000000000000000000073090005000000f0309bbb0100000000000000140000000000000011010000',
    '3e03ec8948000000000000007b00000088feeb89660100005500000000000401a5bbbdd364d3e2e1ffbcbdd3a40000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000',
  ].join(''),
  'hex',
)

/** What it tells of TCP, with `rcv_mss` and the busy time in their own width: a connection that sends. */
export const REFERENCE_TCP_INFO: Partial<TcpInfo> = {
  state: 1,
  caState: 0,
  retransmits: 0,
  options: 7,
  sndWscale: 7,
  rcvWscale: 7,
  rtoUs: 203_000,
  atoUs: 0,
  sndMss: 1428,
  rcvMss: 536,
  unacked: 168,
  lastDataRecvMs: 1312,
  pmtu: 1500,
  rcvSsthresh: 31_852,
  rttUs: 2218,
  rttvarUs: 182,
  sndSsthresh: 72,
  sndCwnd: 274,
  advmss: 1428,
  reordering: 3,
  rcvSpace: 14_280,
  pacingRate: 211_689_089,
  maxPacingRate: undefined,
  bytesAcked: 147_515_294,
  segsOut: 103_474,
  segsIn: 7269,
  notsentBytes: 1_413_720,
  minRttUs: 123,
  dataSegsOut: 103_472,
  deliveryRate: 109_713_596,
  busyTimeUs: 1_271_000,
  rwndLimitedUs: 1000,
  delivered: 103_305,
  bytesSent: 147_755_197,
  sndWnd: 619_264,
}

/** Offsets in a record of ours, and the congestion algorithms of the reference by number. */
const CONGESTION_OFFSET = 16
const INFO_BYTES_OFFSET = 32
const INFO_OFFSET = RECORD_BYTES - INFO_BYTES
/** What the reference tells ends with `snd_wnd`, as TCP_INFO did before Linux 6.2. */
const REFERENCE_INFO_BYTES = 232
const ALGORITHMS = ['unk', 'bbr', 'bic', 'cdg', 'reno', 'cubic']
/** The ticks a second of the host that V79 was taken on, so that its jiffies can be told apart. */
const USEC_PER_JIFFY = 1000n

/**
 * The record that our program writes for the socket of a reference's record. Where the reference reads neighbours of a
 * field along with it, ours has the field alone.
 */
export function recordLikeReference(reference: Buffer, name: number): Buffer {
  const record = Buffer.alloc(RECORD_BYTES)
  record.writeBigUInt64LE(BigInt(name))
  record.write(ALGORITHMS[reference.readUInt16LE(248)] ?? '', CONGESTION_OFFSET)
  record.writeUInt32LE(REFERENCE_INFO_BYTES, INFO_BYTES_OFFSET)
  const info = record.subarray(INFO_OFFSET)
  // State to options; the window scales as nibbles and the flags as bits; from rto on the orders are the same.
  reference.copy(info, 0, 8, 13)
  info[5] = reference[12] ?? 0
  info[6] = ((reference[14] ?? 0) << 4) | (reference[13] ?? 0)
  info[7] = ((reference[16] ?? 0) << 1) | (reference[15] ?? 0)
  reference.copy(info, 8, 20, 116)
  reference.copy(info, 104, 120, 248)
  info.writeUInt32LE(reference.readUInt16LE(32), 20)
  for (const offset of [184, 192, 200]) {
    const jiffies = BigInt.asUintN(32, reference.readBigUInt64LE(offset) / USEC_PER_JIFFY)
    info.writeBigUInt64LE(jiffies * USEC_PER_JIFFY, offset - 16)
  }
  return record
}
