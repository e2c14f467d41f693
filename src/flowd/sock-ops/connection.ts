import { addressText, writeIpv6Address } from '../../linux/index.ts'
import { addressFamily, type FiveTuple, withoutZone } from '../../scitags/index.ts'

/** `struct connection` (bpf/sock-ops.h): the addresses of both ends, then their ports, in network byte order. */
export const CONNECTION_BYTES = 36
const REMOTE_OFFSET = 16
const LOCAL_PORT_OFFSET = 32
const REMOTE_PORT_OFFSET = 34

/** The flow whose packets leave by a connection of this host. IPv4 is told as such, whatever the socket's family. */
export function readConnection(bytes: Buffer): FiveTuple {
  const source = addressText(bytes.subarray(0, REMOTE_OFFSET))
  const destination = addressText(bytes.subarray(REMOTE_OFFSET, LOCAL_PORT_OFFSET))
  return {
    protocol: 'tcp',
    family: addressFamily(source),
    source: { address: source, port: bytes.readUInt16BE(LOCAL_PORT_OFFSET) },
    destination: { address: destination, port: bytes.readUInt16BE(REMOTE_PORT_OFFSET) },
  }
}

/**
 * Writes the connection that a TCP flow's packets leave by.
 *
 * @param into `CONNECTION_BYTES` bytes
 */
export function writeConnection({ source, destination }: FiveTuple, into: Buffer): void {
  writeIpv6Address(asIpv6(source.address), into)
  writeIpv6Address(asIpv6(destination.address), into.subarray(REMOTE_OFFSET))
  into.writeUInt16BE(source.port, LOCAL_PORT_OFFSET)
  into.writeUInt16BE(destination.port, REMOTE_PORT_OFFSET)
}

function asIpv6(address: string): string {
  return addressFamily(address) === 'ipv4' ? `::ffff:${address}` : withoutZone(address)
}
