export type Protocol = 'tcp' | 'udp'

/** One end of a flow. The address is in canonical text form (RFC 5952 for IPv6, dotted quad for IPv4). */
export interface Endpoint {
  address: string
  /** 0-65535 */
  port: number
}

/** What identifies a flow; `source` is this host's end. */
export interface FiveTuple {
  protocol: Protocol
  family: 'ipv4' | 'ipv6'
  source: Endpoint
  destination: Endpoint
}

/** The flow's key in tables and logs: the same text for the same flow. */
export function flowKey(flow: FiveTuple): string {
  return `${flow.protocol} ${flow.source.address} ${flow.source.port} ${flow.destination.address} ${flow.destination.port}`
}
