export { PacketCapture } from './capture.ts'
export type { Ipv6Packet } from './ipv6-packet.ts'
export { decodeIpv6Frame } from './ipv6-packet.ts'
