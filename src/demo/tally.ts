import type { Ipv6Packet } from '../linux/index.ts'

/** What was captured of one transfer's data packets. */
export interface Tally {
  dataPackets: number
  dataBytes: number
  /** Flow label → packets. */
  labels: Record<number, number>
  /** Traffic class → packets. */
  trafficClasses: Record<number, number>
  /** The first eight bytes of the IPv6 header of the first data packet, in hexadecimal. */
  sample: string
}

export function emptyTally(): Tally {
  return { dataPackets: 0, dataBytes: 0, labels: {}, trafficClasses: {}, sample: '' }
}

/** Counts a packet in; packets without user data (handshake, acknowledgements) do not count. */
export function count(tally: Tally, packet: Ipv6Packet, header: Buffer): void {
  if (packet.payloadBytes === 0) return
  tally.dataPackets += 1
  tally.dataBytes += packet.payloadBytes
  tally.labels[packet.flowLabel] = (tally.labels[packet.flowLabel] ?? 0) + 1
  tally.trafficClasses[packet.trafficClass] = (tally.trafficClasses[packet.trafficClass] ?? 0) + 1
  if (tally.sample === '') tally.sample = header.toString('hex', 0, 8)
}
