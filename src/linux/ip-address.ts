import ipaddr from 'ipaddr.js'

/** The bytes of an address in network order: 4 for IPv4, 16 for IPv6. A zone (`%eth0`) is left out. */
export function addressBytes(address: string): Buffer {
  return Buffer.from(ipaddr.parse(address).toByteArray())
}

/** The canonical text of 4 or 16 address bytes: RFC 5952, and a dotted quad also for IPv4-mapped IPv6. */
export function addressText(bytes: Buffer): string {
  if (bytes.length === 4) return bytes.join('.')
  return isMapped(bytes) ? bytes.subarray(12).join('.') : ipaddr.fromByteArray([...bytes]).toString()
}

/** The same address as 16 bytes: IPv4 becomes IPv4-mapped IPv6. */
export function mappedBytes(bytes: Buffer): Buffer {
  return bytes.length === 4 ? Buffer.concat([MAPPED_PREFIX, bytes]) : bytes
}

const MAPPED_PREFIX = Buffer.from('00000000000000000000ffff', 'hex')

function isMapped(bytes: Buffer): boolean {
  return bytes.compare(MAPPED_PREFIX, 0, 12, 0, 12) === 0
}
