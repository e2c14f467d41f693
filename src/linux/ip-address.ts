import ipaddr from 'ipaddr.js'

/** The bytes of an address in network order: 4 for IPv4, 16 for IPv6. A zone (`%eth0`) is left out. */
export function addressBytes(address: string): Buffer {
  return Buffer.from(ipaddr.parse(address).toByteArray())
}

/** The canonical text of 4 or 16 address bytes: RFC 5952, and a dotted quad also for IPv4-mapped IPv6. */
export function addressText(bytes: Buffer): string {
  const plain = unmapped(bytes)
  return plain.length === 4 ? plain.join('.') : ipaddr.fromByteArray([...plain]).toString()
}

/** The same address without the IPv6 clothes of an IPv4-mapped one. */
export function unmapped(bytes: Buffer): Buffer {
  return bytes.length === 16 && bytes.compare(MAPPED_PREFIX, 0, 12, 0, 12) === 0 ? bytes.subarray(12) : bytes
}

const MAPPED_PREFIX = Buffer.from('00000000000000000000ffff', 'hex')
