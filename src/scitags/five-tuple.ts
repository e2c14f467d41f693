import type { AddressFamily } from './ip-address.ts'

export type Protocol = 'tcp' | 'udp'

/** One end of a flow. The address is in canonical text form (see `canonicalAddress`). */
export interface Endpoint {
  address: string
  /** 0-65535 */
  port: number
}

/** An endpoint as text: `192.0.2.1:2345`, `[2001:db8::1]:2345`; a host's name may stand for the address. */
export function formatEndpoint({ address, port }: Endpoint): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`
}

/** What identifies a flow. On a host that moves the data, `source` is this host's end. */
export interface FiveTuple {
  protocol: Protocol
  /** That of the source address. */
  family: AddressFamily
  source: Endpoint
  destination: Endpoint
}

/** The flow's key in tables and logs: the same text for the same flow. */
export function flowKey({ protocol, source, destination }: Omit<FiveTuple, 'family'>): string {
  return `${protocol} ${source.address} ${source.port} ${destination.address} ${destination.port}`
}

const UNSPECIFIED: Endpoint = { address: '::', port: 0 }

/** Stands for every packet of a protocol that leaves this host over IPv6, where no flow of its own is known. */
export function everyFlow(protocol: Protocol): FiveTuple {
  return { protocol, family: 'ipv6', source: UNSPECIFIED, destination: UNSPECIFIED }
}

/**
 * Whether a tuple stands for every packet. No socket has it and no message can name it: it is for who marks packets.
 */
export function isEveryFlow({ source, destination }: FiveTuple): boolean {
  return isUnspecified(source) && isUnspecified(destination)
}

function isUnspecified({ address, port }: Endpoint): boolean {
  return port === 0 && address === '::'
}

/** As `canonicalAddress` writes the IPv4-mapped addresses of RFC 4291, section 2.5.5.2. */
const MAPPED = /^::ffff:\d+\./

/**
 * Whether the packets of a flow are IPv6. Between IPv4-mapped addresses, as sockets for both families tell them, they
 * are IPv4.
 */
export function isIpv6OnTheWire({ family, source, destination }: FiveTuple): boolean {
  return family === 'ipv6' && ![source, destination].some(({ address }) => MAPPED.test(address))
}
